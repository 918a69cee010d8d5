// The validators: the contract's examples, and values that no schema can refuse.
import { describe, expect, test } from 'vitest';
import { check, events, UnknownEventError, VERSION } from '@logiaccounting/realtime-contract';
import { checkRest } from '@logiaccounting/realtime-contract/rest';
import * as socketValidators from '@logiaccounting/realtime-contract/validators';
import * as restValidators from '@logiaccounting/realtime-contract/rest-validators';
import { DIRECTIONS, examples, messages, readSchemas, version } from '../build/contract.mjs';
import { messageName, validatorName } from '../build/names.mjs';

const all = messages(readSchemas());
const validators = { ...socketValidators, ...restValidators };
const judge = ({ direction, event }, payload) =>
  ['request', 'response'].includes(direction) ? checkRest(direction, event, payload) : check(direction, event, payload);

describe.each(DIRECTIONS)('the examples of %s', (direction) => {
  test.each(all.filter((message) => message.direction === direction))('$event', (message) => {
    for (const { description, data, valid, path } of examples(message.file)) {
      const violation = judge(message, data);
      expect(violation?.path ?? null, description).toBe(valid ? null : path);
      expect(validators[validatorName(message)](data), description).toEqual(violation);
      expect(validators[`is${messageName(message)}`](data), description).toBe(valid);
    }
  });
});

test('a violation says where, why and by which keyword', () => {
  expect(check('client', 'room:join', { entity_type: 'invoice', entity_id: true })).toEqual({
    path: '/entity_id',
    reason: 'expected string or integer, got true',
    keyword: 'type',
  });
});

test('the alternative that was meant is the one that is told of', () => {
  const error = { code: 'rate_limited', message: 'm', event: null, details: { retry_after: '1' } };
  expect(check('ack', 'room:join', { ok: false, error })).toMatchObject({ path: '/error/details/retry_after' });
  expect(check('client', 'notification:read', { notification_id: 'x', all: true })).toEqual({
    path: '',
    reason: 'expected exactly one of "all" or "notification_id"',
    keyword: 'oneOf',
  });
});

test('a token is not quoted', () => {
  for (const auth of [{ token: ['s3cret'] }, { s3cret: 1 }, { token: 's3cret'.repeat(2000) }, 's3cret']) {
    expect(JSON.stringify(check('client', 'connect', auth))).not.toContain('s3cret');
    expect(check('client', 'connect', auth)).not.toBeNull();
  }
});

test('no payload is an empty one, null is not', () => {
  expect(check('client', 'heartbeat')).toBeNull();
  expect(check('client', 'room:join')).toMatchObject({ path: '', keyword: 'required' });
  expect(check('client', 'heartbeat', null)).toMatchObject({ path: '', keyword: 'type' });
  expect(socketValidators.isClientHeartbeat(undefined)).toBe(false);
});

const cyclic = {};
cyclic.self = { other: [cyclic] };
const nested = (levels) => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
let shared = {};
for (let level = 0; level < 100; level++) shared = { left: shared, right: shared };

test.each([
  ['undefined', { a: undefined }, '/changes/0/value/a', 'expected JSON, got undefined'],
  ['a function', { a: () => 1 }, '/changes/0/value/a', 'expected JSON, got function'],
  ['a symbol', [Symbol('x')], '/changes/0/value/0', 'expected JSON, got symbol'],
  ['a bigint', 1n, '/changes/0/value', 'expected JSON, got bigint'],
  ['a Date', new Date(0), '/changes/0/value', 'expected JSON, got Date'],
  ['a Map', new Map(), '/changes/0/value', 'expected JSON, got Map'],
  ['bytes', new Uint8Array(1), '/changes/0/value', 'expected JSON, got Uint8Array'],
  ['an instance of a class', new (class Line {})(), '/changes/0/value', 'expected JSON, got Line'],
  ['a boxed text', Object('x'), '/changes/0/value', 'expected JSON, got String'],
  ['NaN', NaN, '/changes/0/value', 'expected a finite number, got nan'],
  ['infinity', -Infinity, '/changes/0/value', 'expected a finite number, got -inf'],
  ['an array with holes', [1, , 2], '/changes/0/value/1', 'expected JSON, got undefined'], // eslint-disable-line
  ['an array of a billion holes', new Array(1e9), '/changes/0/value/0', 'expected JSON, got undefined'],
  ['a lone surrogate', '\ud800', '/changes/0/value', 'expected Unicode text, got a lone surrogate'],
  ['a lone surrogate in a name', { '\udc00': 1 }, '/changes/0/value', 'expected property names in Unicode text'],
  ['an integer beyond 64 bits', 2 ** 64, '/changes/0/value', 'expected an integer within 64 bits'],
  ['a cycle', cyclic, '', 'nested deeper than 128 levels'],
  ['too many levels', nested(200), '', 'nested deeper than 128 levels'],
])('%s is refused where the contract is open', (_name, value, path, reason) => {
  const payload = { room_id: 'invoice:42', base_version: 6, edit_id: '3f2b1c0a-9d8e-4f7a-b6c5-d4e3f2a1b0c9' };
  const changes = [{ op: 'add', path: '/a', value }];
  expect(check('client', 'doc:edit', { ...payload, changes })).toEqual({ path, reason, keyword: 'json' });
});

test.each([
  ['the largest depth', nested(125)],
  ['what is in it many times over', shared],
  ['an object without prototype', Object.assign(Object.create(null), { a: 1 })],
  ['a number that is written with an exponent', 1e300],
  ['minus zero', -0],
  ['an emoji', '\u{1f600}'],
])('%s is JSON', (_name, value) => {
  const payload = { room_id: 'invoice:42', base_version: 6, edit_id: '3f2b1c0a-9d8e-4f7a-b6c5-d4e3f2a1b0c9' };
  expect(check('client', 'doc:edit', { ...payload, changes: [{ op: 'add', path: '/a', value }] })).toBeNull();
});

test('a length is in code points', () => {
  const page = (length) => check('client', 'presence:update', { current_page: '\u{1f600}'.repeat(length) });
  expect(page(2048)).toBeNull();
  expect(page(2049)).toMatchObject({ reason: 'expected 2048 or fewer characters, got 2049' });
});

test('an object that throws is refused, not thrown', () => {
  const trap = new Proxy({}, { get: () => { throw new Error('no'); }, ownKeys: () => { throw new Error('no'); } }); // prettier-ignore
  expect(check('client', 'heartbeat', trap)).toEqual({ path: '', reason: 'expected JSON', keyword: 'json' });
});

test.each([['up', 'x'], ['client', 'toString'], ['client', 'room:enter'], ['__proto__', 'x']])('%s %s is unknown', (direction, event) => {
  expect(() => check(direction, event, {})).toThrow(UnknownEventError);
});

test('the events and the version are those of the contract', () => {
  for (const direction of ['client', 'server', 'ack']) {
    expect(events(direction)).toEqual(all.filter((message) => message.direction === direction).map(({ event }) => event));
  }
  expect(VERSION).toBe(version());
});
