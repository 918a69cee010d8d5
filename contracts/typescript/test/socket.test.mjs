// checkSocket, on live sockets of socket.io-client and a live server.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { io } from 'socket.io-client';
import { check, checkSocket } from '@logiaccounting/realtime-contract';
import { once, startServer } from './server.mjs';

const ROOM = { entity_type: 'invoice', entity_id: '42' };
const JOINED = { ok: true, room_id: 'invoice:42', users: [] };
const FAILED = { ok: false, error: { code: 'not_found', message: 'No such room.', event: 'room:users', details: null } };
const ANSWERS = { 'room:join': JOINED, 'room:users': FAILED, 'room:leave': { ok: true }, heartbeat: [{ ok: true }, 2], odd: 1 };

let live, violations, lines;
beforeEach(async () => {
  live = await startServer(ANSWERS);
  [violations, lines] = [[], []];
});
afterEach(async () => {
  vi.restoreAllMocks();
  await live.close();
});

const options = () => ({ onViolation: (v) => violations.push(v), onMessage: (line) => lines.push(line) });
const told = () => violations.map(({ direction, event, path, keyword }) => `${direction} ${event} ${path} ${keyword}`);

async function connected(clientOptions) {
  const socket = live.client(clientOptions);
  const stop = checkSocket(socket, options());
  await once(socket, 'connect');
  const [other] = [...live.server.sockets.sockets.values()].slice(-1);
  return { socket, stop, other };
}

test('a good conversation has no violations, and all of it is in the log', async () => {
  const { socket, other } = await connected({ auth: { token: 's3cret' } });
  expect(await socket.emitWithAck('room:join', ROOM)).toEqual(JOINED);
  expect(await socket.timeout(1000).emitWithAck('room:users', { room_id: 'invoice:42' })).toEqual(FAILED);
  const heard = once(socket, 'room:user_left');
  other.emit('room:user_left', { user_id: 'ana', user_name: 'Ana', room_id: 'invoice:42' });
  await heard;
  socket.emit('heartbeat');
  expect(violations).toEqual([]);
  expect(lines.map(({ direction, event, id }) => [direction, event, id])).toEqual([
    ['client', 'connect', undefined],
    ['client', 'room:join', 0],
    ['ack', 'room:join', 0],
    ['client', 'room:users', 1],
    ['ack', 'room:users', 1],
    ['server', 'room:user_left', undefined],
    ['client', 'heartbeat', undefined],
  ]);
  for (const { direction, event, payload, time } of lines.map((line) => JSON.parse(JSON.stringify(line)))) {
    expect(check(direction, event, payload)).toBeNull();
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  }
  expect(JSON.stringify(lines)).not.toContain('s3cret');
});

test('violations of all directions are told of, with what was sent', async () => {
  const { socket, other } = await connected();
  socket.emit('room:join', { entity_type: 'invoice' });
  await socket.emitWithAck('room:leave', { room_id: 'invoice:42' });
  const heard = once(socket, 'heartbeat_ack');
  other.emit('heartbeat_ack', { timestamp: 12 });
  await heard;
  expect(violations[0]).toEqual({
    direction: 'client',
    event: 'room:join',
    path: '',
    reason: 'missing "entity_id"',
    keyword: 'required',
    payload: { entity_type: 'invoice' },
  });
  expect(told().slice(1)).toEqual(['ack room:leave  required', 'server heartbeat_ack /timestamp type']);
});

test('an event that the contract does not have is a violation, in both directions; its ack is held to nothing', async () => {
  const { socket, other } = await connected();
  await socket.emitWithAck('odd', 1);
  const heard = once(socket, 'toString');
  other.emit('toString', {});
  await heard;
  expect(told()).toEqual(['client odd  event', 'server toString  event']);
});

test('more than one payload is a violation, of an event and of an ack', async () => {
  const { socket } = await connected();
  await new Promise((resolve) => socket.emit('heartbeat', {}, {}, resolve));
  expect(violations.map(({ direction, reason }) => [direction, reason])).toEqual([
    ['client', 'expected one payload, got 2'],
    ['ack', 'expected one payload, got 2'],
  ]);
});

test('what JSON leaves out is not held against the client, what it changes is', async () => {
  const { socket } = await connected();
  socket.emit('presence:update', { status: 'busy', current_page: undefined });
  expect(told()).toEqual([]);
  socket.emit('heartbeat', undefined);
  const value = { due: new Date() };
  const edit_id = '3f2b1c0a-9d8e-4f7a-b6c5-d4e3f2a1b0c9';
  socket.emit('doc:edit', { room_id: 'invoice:42', base_version: 0, edit_id, changes: [{ op: 'add', path: '/a', value }] });
  expect(told()).toEqual(['client heartbeat  type', 'client doc:edit /changes/0/value/due json']);
});

test('the auth payload is checked, and is nowhere to be read', async () => {
  await connected({ auth: { jwt: 's3cret' } });
  expect(told()).toEqual(['client connect  additionalProperties']);
  expect(violations[0]).not.toHaveProperty('payload');
  expect(JSON.stringify([violations, lines])).not.toContain('s3cret');
});

test('a refusal is checked; a network that fails is no message', async () => {
  const refusing = await startServer({}, { refuse: { message: 'Who?', data: { code: 'nobody' } } });
  const socket = refusing.client();
  checkSocket(socket, options());
  await once(socket, 'connect_error');
  await refusing.close();
  expect(told()).toEqual(['server connect_error /data/code enum']);

  const unreachable = io('http://127.0.0.1:1', { reconnection: false, forceNew: true });
  checkSocket(unreachable, options());
  await once(unreachable, 'connect_error');
  unreachable.disconnect();
  expect(told()).toHaveLength(1);
});

test('an ack that does not come in time is no violation, one that comes too late is read all the same', async () => {
  const { socket } = await connected();
  await expect(socket.timeout(20).emitWithAck('presence:list', {})).rejects.toThrow();
  expect(told()).toEqual([]);
});

test('what is sent before the connection is there is checked when it goes', async () => {
  const socket = live.client({ autoConnect: false });
  checkSocket(socket, options());
  socket.emit('room:join', { entity_type: 1, entity_id: 1 });
  socket.volatile.emit('room:join', {});
  expect(told()).toEqual([]);
  socket.connect();
  await socket.emitWithAck('room:join', ROOM);
  expect(told()).toEqual(['client room:join /entity_type type']);
});

test('it lasts over a reconnection, and acks do not get mixed up by it', async () => {
  const { socket, other } = await connected();
  socket.emit('presence:list', {}, () => undefined);
  const again = once(socket, 'connect');
  other.conn.close();
  await again;
  expect(await socket.emitWithAck('room:join', ROOM)).toEqual(JOINED);
  socket.emit('room:join', {});
  expect(told()).toEqual(['client room:join  required']);
  expect(lines.filter(({ event }) => event === 'connect')).toHaveLength(2);
});

test('retries are seen once each', async () => {
  const { socket } = await connected({ retries: 2, ackTimeout: 1000 });
  await socket.emitWithAck('room:join', ROOM);
  expect(lines.map(({ direction, event }) => `${direction} ${event}`)).toEqual(['client connect', 'client room:join', 'ack room:join']);
});

test('it can begin on a connected socket, also while an ack is on its way', async () => {
  const socket = live.client();
  await once(socket, 'connect');
  const early = socket.emitWithAck('room:leave', { room_id: 'invoice:42' });
  const stop = checkSocket(socket, options());
  await early;
  expect(told()).toEqual([]);
  await socket.emitWithAck('room:leave', { room_id: 'invoice:42' });
  expect(told()).toEqual(['ack room:leave  required']);
  expect(violations[0].payload).toEqual({ ok: true });
  stop();
});

test('it ends without a trace, in any order', async () => {
  const socket = live.client();
  await once(socket, 'connect');
  const before = { names: Object.getOwnPropertyNames(socket), packet: socket.packet, listeners: [...socket.io.listeners('packet')] };
  const [first, second] = [checkSocket(socket, options()), checkSocket(socket, options())];
  socket.emit('room:join', {});
  expect(told()).toHaveLength(2);
  first();
  first();
  socket.emit('room:join', {});
  expect(told()).toHaveLength(3);
  second();
  socket.emit('room:join', {});
  expect(told()).toHaveLength(3);
  expect(Object.getOwnPropertyNames(socket)).toEqual(before.names);
  expect(socket.packet).toBe(before.packet);
  expect(socket.io.listeners('packet')).toEqual(before.listeners);
  expect(await socket.emitWithAck('room:join', ROOM)).toEqual(JOINED);
});

test('many sockets are held apart', async () => {
  const sockets = await Promise.all([connected(), connected(), connected()]);
  sockets[1].socket.emit('room:join', {});
  sockets[0].stop();
  sockets[0].socket.emit('room:join', {});
  sockets[2].socket.emit('heartbeat', { active: 1 });
  expect(told()).toEqual(['client room:join  required', 'client heartbeat /active type']);
});

test('what the application throws is reported, not thrown, and changes nothing', async () => {
  const report = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const socket = live.client();
  const fail = () => { throw new Error('mine'); }; // prettier-ignore
  checkSocket(socket, { onViolation: fail, onMessage: async () => fail() });
  await once(socket, 'connect');
  socket.emit('room:join', {});
  expect(await socket.emitWithAck('room:join', ROOM)).toEqual(JOINED);
  expect(report).toHaveBeenCalledTimes(5); // connect, two events and an ack as lines, one violation
});

test('another namespace, something else, or nobody to tell is a TypeError', () => {
  const other = live.client({ autoConnect: false }).io.socket('/admin');
  expect(() => checkSocket(other, options())).toThrow(new TypeError('checkSocket: the contract is of namespace "/", this socket is of "/admin"'));
  for (const nonsense of [undefined, {}, live.client({ autoConnect: false }).io]) {
    expect(() => checkSocket(nonsense, options())).toThrow(/not a Socket of socket.io-client/);
  }
  expect(() => checkSocket(live.client({ autoConnect: false }), {})).toThrow(/onViolation/);
});
