/// <reference types="jest" />
// The matchers' types in Jest, with the global `expect` of `@types/jest`.
import { matchers } from '@logiaccounting/realtime-contract/matchers';
import '@logiaccounting/realtime-contract/matchers/jest';

expect.extend(matchers);
expect({}).toMatchContract('client', 'room:join');
expect({}).not.toBeAckOf('room:join');
void expect(Promise.resolve({})).resolves.toBeClientMessage('heartbeat').then(() => undefined);
expect({ sent: [] }).toEqual({ sent: expect.toBeClientMessage('heartbeat'), heard: expect.not.toBeAckOf('doc:edit') });
// @ts-expect-error -- no such event
expect({}).toBeServerMessage('room:enter');
