// The matchers' types in Vitest.
import { expect } from 'vitest';
import { matchers } from '@logiaccounting/realtime-contract/matchers';
import '@logiaccounting/realtime-contract/matchers/vitest';

expect.extend(matchers);
expect({}).toMatchContract('client', 'room:join');
expect({}).not.toBeAckOf('room:join');
expect({ sent: expect.toBeClientMessage('heartbeat') }).toBeDefined();
expect({ heard: expect.not.toBeAckOf('doc:edit') }).toBeDefined();
// @ts-expect-error -- no such event in this direction
expect({}).toMatchContract('server', 'room:join');
// @ts-expect-error -- no such event
expect({}).toBeServerMessage('room:enter');
