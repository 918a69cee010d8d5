// Uses that must not compile: a line below each `@ts-expect-error` that compiles is an error itself.
import { io, type Socket } from 'socket.io-client';
import {
  check,
  checkSocket,
  type AckDocLock,
  type AckHeartbeat,
  type AckRoomJoin,
  type ClientActivityFeed,
  type ClientNotificationCount,
  type ClientToServerEvents,
  type ConnectAuth,
  type Operation,
  type ServerToClientEvents,
} from '@logiaccounting/realtime-contract';
import { checkRest, type RequestNotificationsCreate } from '@logiaccounting/realtime-contract/rest';

const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io();
const room_id = 'invoice:42';
const edit_id = '3f2b1c0a-9d8e-4f7a-b6c5-d4e3f2a1b0c9';

// Connection.
// @ts-expect-error -- the token is text
export const auth: ConnectAuth = { token: 7 };
// @ts-expect-error -- unknown property
export const jwt: ConnectAuth = { jwt: 'x' };

// Rooms.
// @ts-expect-error -- no such event
socket.emit('room:enter', { entity_type: 'invoice', entity_id: 42 });
// @ts-expect-error -- a missing property
socket.emit('room:join', { entity_type: 'invoice' });
// @ts-expect-error -- an unknown property
socket.emit('room:join', { entity_type: 'invoice', entity_id: 42, user_id: 'ana' });
// @ts-expect-error -- the wrong type
socket.emit('room:join', { entity_type: 'invoice', entity_id: true });
// @ts-expect-error -- null is not nothing
socket.emit('room:join', null);
// @ts-expect-error -- no payload where one is due
socket.emit('room:join');
// @ts-expect-error -- an ack alone where a payload is due
socket.emit('room:leave', (answer) => answer);
// @ts-expect-error -- two payloads
socket.emit('room:leave', { room_id }, { room_id });
// @ts-expect-error -- a server's event, said by a client
socket.emit('room:user_joined', { room_id, user_id: 'ana', user_name: 'Ana' });
// @ts-expect-error -- a client's event, heard from the server
socket.on('room:join', () => undefined);
// @ts-expect-error -- an ack callback of another event
socket.emit('room:join', { entity_type: 'invoice', entity_id: 42 }, (answer: AckDocLock) => answer);
// @ts-expect-error -- an ack callback that takes an error first, without timeout()
socket.emit('room:leave', { room_id }, (error: Error, answer: unknown) => [error, answer]);
// @ts-expect-error -- an ack callback without the error, after timeout()
socket.timeout(100).emit('heartbeat', (answer: AckHeartbeat) => answer);
// @ts-expect-error -- undefined is not nothing
socket.emit('heartbeat', undefined);

// Other sockets.
const other: Socket<{ a: () => void }, { b: () => void }> = io();
// @ts-expect-error -- an event of the contract, on a socket that does not have it
other.emit('room:join', { entity_type: 'invoice', entity_id: 42 });
// @ts-expect-error -- the same without payload
other.emit('heartbeat');
// @ts-expect-error -- the same, awaited
void other.emitWithAck('heartbeat');
const swapped: Socket<ClientToServerEvents, ServerToClientEvents> = io();
// @ts-expect-error -- the directions are mixed up
swapped.emit('room:join', { entity_type: 'invoice', entity_id: 42 });

// Acks.
export async function answers(): Promise<void> {
  const joined: AckRoomJoin = await socket.emitWithAck('room:join', { entity_type: 'invoice', entity_id: 42 });
  // @ts-expect-error -- `users` is there only if it is ok
  void joined.users;
  // @ts-expect-error -- `error` is there only if it is not ok
  void joined.error;
  // @ts-expect-error -- the answer of another event
  const lock: AckDocLock = await socket.emitWithAck('room:join', { entity_type: 'invoice', entity_id: 42 });
  const late = await socket.timeout(100).emitWithAck('room:join', { entity_type: 'invoice', entity_id: 42 });
  // @ts-expect-error -- `users` is there only if it is ok, after timeout() too
  void late.users;
  // @ts-expect-error -- a missing payload
  await socket.emitWithAck('doc:sync');
  // @ts-expect-error -- a wrong payload
  await socket.timeout(100).emitWithAck('doc:sync', { room: room_id });
  if (joined.ok || !('lock' in lock)) return;
  // @ts-expect-error -- details depend on the code
  void joined.error.details.retry_after;
  // @ts-expect-error -- this code has no details
  if (joined.error.code === 'not_in_room') void joined.error.details.limit;
  // @ts-expect-error -- no such code
  if (joined.error.code === 'teapot') return;
  // @ts-expect-error -- the details of another code
  if (joined.error.code === 'rate_limited') void joined.error.details.correlation_id;
}

// Presence and heartbeat.
// @ts-expect-error -- nobody chooses to be offline
socket.emit('presence:update', { status: 'offline' });
// @ts-expect-error -- a wrong type
socket.emit('heartbeat', { active: 'yes' });
// @ts-expect-error -- a property that the server does not send
socket.on('presence:user_joined', ({ current_page }) => current_page);
// @ts-expect-error -- null is possible
socket.on('presence:update', ({ current_page }) => current_page.length);
// @ts-expect-error -- no such property in the list
socket.on('presence:list', ({ users }) => users.map((user) => user.sid));

// Cursors.
// @ts-expect-error -- an unknown property inside
socket.emit('cursor:move', { room_id, line: 1, column: 2, selection_start: { line: 1, column: 2, row: 3 } });
// @ts-expect-error -- a missing property inside
socket.emit('cursor:move', { room_id, line: 1, column: 2, selection_start: { line: 1 } });

// Documents and locks.
// @ts-expect-error -- a removal has no value
socket.emit('doc:edit', { room_id, base_version: 1, edit_id, changes: [{ op: 'remove', path: '/a', value: 1 }] });
// @ts-expect-error -- no such operation
export const operation: Operation = { op: 'append', path: '/a', value: 1 };
// @ts-expect-error -- a move has a source
export const move: Operation = { op: 'move', path: '/a' };
// @ts-expect-error -- a function is no JSON
export const fn: Operation = { op: 'add', path: '/a', value: () => 1 };
// @ts-expect-error -- undefined is no JSON
export const nothing: Operation = { op: 'add', path: '/a', value: undefined };
// @ts-expect-error -- a Date is no JSON
export const date: Operation = { op: 'add', path: '/a', value: new Date() };
// @ts-expect-error -- a lock has no such property
socket.on('doc:lock_status', ({ locks }) => locks.map((lock) => lock.owner));
// @ts-expect-error -- a path is text
socket.emit('doc:lock', { room_id, path: ['a'] });
// @ts-expect-error -- the document may be left out
socket.on('doc:sync', ({ content }) => content.notes);

// Typing.
// @ts-expect-error -- a wrong type
socket.emit('typing:start', { room_id, field: 3 });
// @ts-expect-error -- no such property
socket.on('typing:users', ({ users }) => users.map(({ sid }) => sid));

// Notifications.
// @ts-expect-error -- one or all, not both
socket.emit('notification:read', { notification_id: 'x', all: true });
// @ts-expect-error -- false is not all
socket.emit('notification:read', { all: false });
// @ts-expect-error -- an empty payload is empty
export const count: ClientNotificationCount = { unread: true };
// @ts-expect-error -- no such priority
socket.on('notification', ({ priority }) => priority === 'critical');

// Activity.
// @ts-expect-error -- an entity's id needs its type
export const feed: ClientActivityFeed = { entity_id: 42 };
// @ts-expect-error -- the time is text
socket.on('activity', ({ created_at }) => created_at.getTime());

// Errors.
// @ts-expect-error -- no such code
socket.on('error', ({ code }) => code === 'not_there');

// The judges.
// @ts-expect-error -- no such direction
check('up', 'room:join', {});
// @ts-expect-error -- no such event in this direction
check('server', 'room:join', {});
// @ts-expect-error -- somebody must hear of violations
checkSocket(socket, {});
// @ts-expect-error -- REST has its own names
checkRest('response', 'room:join', {});
// @ts-expect-error -- a missing title
export const notification: RequestNotificationsCreate = { user_id: 'ana', type: 'x' };
