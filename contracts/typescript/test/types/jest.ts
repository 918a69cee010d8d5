// The matchers' types in Jest.
import { expect } from '@jest/globals';
import { matchers } from '@logiaccounting/realtime-contract/matchers';
import '@logiaccounting/realtime-contract/matchers/jest';

expect.extend(matchers);
expect({}).toMatchContract('client', 'room:join');
expect({}).not.toBeAckOf('room:join');
expect({ sent: [] }).toEqual({ sent: expect.toBeClientMessage('heartbeat'), heard: expect.not.toBeAckOf('doc:edit') });
// @ts-expect-error -- no such event in this direction
expect({}).toMatchContract('server', 'room:join');
// @ts-expect-error -- no such event
expect({}).toBeServerMessage('room:enter');
