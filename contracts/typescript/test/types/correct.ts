// Uses that must compile, as a front end writes them.
import { io, type Socket } from 'socket.io-client';
import {
  check,
  checkSocket,
  events,
  isConnectError,
  type AckDocEdit,
  type AckDocLock,
  type AckHeartbeat,
  type AckMessages,
  type AckPresenceList,
  type AckRoomJoin,
  type ClientMessages,
  type ClientRoomJoin,
  type ClientToServerEvents,
  type ConnectAuth,
  type JsonValue,
  type Lock,
  type Operation,
  type RealtimeSocket,
  type RoomId,
  type ServerNotification,
  type ServerToClientEvents,
  type StoredNotification,
  type Violation,
} from '@logiaccounting/realtime-contract';
import { checkRest, type ResponseError } from '@logiaccounting/realtime-contract/rest';
import { clientRoomJoin, isServerNotification } from '@logiaccounting/realtime-contract/validators';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_yes: Equal<A, B>): void => undefined;

const auth: ConnectAuth = { token: 'Bearer x' };
const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io('https://x.example', { auth });
const known: RealtimeSocket = socket;
const room: ClientRoomJoin = { entity_type: 'invoice', entity_id: 42 };

// Three ways to say something: without ack, with one, and awaited.
socket.emit('room:join', room);
socket.emit('room:join', room, (answer) => same<typeof answer, AckRoomJoin>(true));
same<Awaited<ReturnType<typeof joined>>, AckRoomJoin>(true);
async function joined() {
  return socket.emitWithAck('room:join', room);
}

// An event that needs no payload goes without, too.
socket.emit('heartbeat');
socket.emit('heartbeat', { active: false });
socket.emit('heartbeat', (answer) => (answer.ok ? answer.timestamp : answer.error.message));
socket.emit('notification:count', {}, (answer) => answer.ok && answer.count + 1);
socket.volatile.emit('cursor:move', { room_id: 'invoice:42', line: 1, column: 2 });
void socket.emitWithAck('presence:list');
void socket.emitWithAck('presence:list', { entity_type: 'invoice', entity_id: '42' });
socket.volatile.timeout(5000).emit('heartbeat');
socket.timeout(5000).emit('room:leave', { room_id: 'invoice:42' }, (error, answer) => {
  if (error !== null) same<typeof error, Error>(true);
  return answer.ok && answer.room_id;
});

// After timeout() the answers are as exact, although socket.io-client itself would say `any`.
export async function withinTime(): Promise<void> {
  const heartbeat = await socket.timeout(5000).emitWithAck('heartbeat');
  same<typeof heartbeat, AckHeartbeat>(true);
  const list = await socket.timeout(5000).emitWithAck('presence:list', {});
  same<typeof list, AckPresenceList>(true);
  const lock = await socket.compress(true).timeout(5000).emitWithAck('doc:lock', { room_id: 'invoice:42', path: '/notes' });
  same<typeof lock, AckDocLock>(true);
  socket.timeout(5000).emit('heartbeat', (error, answer) => {
    same<typeof error, Error>(true);
    same<typeof answer, AckHeartbeat>(true);
  });
}

// Functions that are open in the event.
export function say<E extends keyof ClientToServerEvents>(event: E, payload: ClientMessages[E]): void {
  socket.emit(event, payload);
  socket.volatile.emit(event, payload);
}
export async function ask<E extends keyof ClientToServerEvents>(event: E, payload: ClientMessages[E]): Promise<AckMessages[E]> {
  return socket.timeout(5000).emitWithAck(event, payload);
}
export function sayAll<E extends keyof ClientToServerEvents>(event: E, ...args: Parameters<ClientToServerEvents[E]>): void {
  socket.emit(event, ...args);
}

// Sockets of others are as they were; one that says more than the contract says all of it.
const untyped: Socket = socket;
untyped.emit('heartbeat', 1, 2);
void untyped.emitWithAck('room:join').then((answer) => answer.anything);
const more: Socket<ServerToClientEvents, ClientToServerEvents & { mine: (payload: number) => void }> = io();
more.emit('mine', 1);
more.emit('heartbeat');

export async function edit(): Promise<number | JsonValue> {
  const changes: Operation[] = [
    { op: 'add', path: '/a', value: { deep: [1, null, 'x'] } },
    { op: 'remove', path: '/b' },
    { op: 'move', from: '/c', path: '/d' },
  ];
  const answer: AckDocEdit = await socket.emitWithAck('doc:edit', { room_id: 'invoice:42', base_version: 0, changes, edit_id: '' });
  if (answer.ok) return answer.version;
  const { error } = answer;
  switch (error.code) {
    case 'rate_limited':
      return error.details.retry_after;
    case 'limit_exceeded':
      return error.details.limit;
    case 'locked': {
      const lock: Lock = error.details;
      return lock.user_name;
    }
    case 'version_conflict':
      return error.details.changes?.map((missed) => missed.edit_id) ?? error.details.version;
    case 'invalid_payload':
      return `${error.details.path}: ${error.details.reason}`;
    case 'internal':
      return error.details.correlation_id;
    default:
      same<typeof error.details, null>(true);
      return error.message;
  }
}

socket.on('notification', (message) => same<typeof message, ServerNotification>(true));
socket.on('presence:update', ({ status, current_page }) => {
  same<typeof status, 'online' | 'away' | 'busy'>(true);
  same<typeof current_page, string | null>(true);
});
socket.on('doc:sync', ({ content }) => content?.['notes']);
socket.on('connect_error', (error) => isConnectError(error) && error.data.code === 'token_expired');
socket.once('error', (error) => error.code === 'not_found' && error.details);

socket.emit('notification:read', { all: true });
socket.emit('notification:read', { notification_id: 'x' });
socket.emit('activity:feed', { entity_type: 'invoice', entity_id: 42 });
socket.emit('activity:feed', { limit: 10 });
socket.emit('presence:update', { status: 'busy', current_page: null });
socket.emit('typing:start', { room_id: 'invoice:42', field: null });

const violation: Violation | null = check('client', 'room:join', {});
const names: (keyof ClientMessages)[] = events('client');
const acks: keyof AckMessages = 'doc:edit';
const stop: () => void = checkSocket(known, {
  onViolation: ({ direction, event, path }) => console.warn(direction, event, path),
  onMessage: (line) => JSON.stringify(line),
});
const received: unknown = {};
if (isServerNotification(received)) same<typeof received, ServerNotification>(true);
checkRest('response', 'notifications:list', received);
const refused = (error: ResponseError): number | null => (error.code === 'rate_limited' ? error.details.retry_after : null);
const id: RoomId = 'invoice:42';
export type Read = StoredNotification['read_at'];
export { violation, names, acks, stop, refused, id, clientRoomJoin };
