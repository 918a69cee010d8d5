// Generated from contracts/schemas by `npm run build`. Do not edit: change the schemas.

import * as compiled from '../compiled/socket.js';
import { judge } from '../judge.js';
import type { Violation } from '../violation.js';
import type {
  ClientActivityFeed,
  ClientAuthRefresh,
  ClientConnect,
  ClientCursorMove,
  ClientCursorRemove,
  ClientCursorSync,
  ClientDocEdit,
  ClientDocLock,
  ClientDocLockStatus,
  ClientDocSync,
  ClientDocUnlock,
  ClientHeartbeat,
  ClientNotificationCount,
  ClientNotificationRead,
  ClientPresenceList,
  ClientPresenceUpdate,
  ClientRoomJoin,
  ClientRoomLeave,
  ClientRoomUsers,
  ClientTypingStart,
  ClientTypingStop,
} from './client.js';
import type {
  ServerActivity,
  ServerActivityFeed,
  ServerAuthExpiring,
  ServerConnectError,
  ServerCursorMove,
  ServerCursorRemove,
  ServerCursorSync,
  ServerDocEdit,
  ServerDocLockStatus,
  ServerDocSync,
  ServerError,
  ServerHeartbeatAck,
  ServerNotification,
  ServerNotificationCount,
  ServerPresenceList,
  ServerPresenceUpdate,
  ServerPresenceUserJoined,
  ServerPresenceUserLeft,
  ServerRoomUserJoined,
  ServerRoomUserLeft,
  ServerRoomUsers,
  ServerTypingUsers,
} from './server.js';
import type {
  AckActivityFeed,
  AckAuthRefresh,
  AckCursorMove,
  AckCursorRemove,
  AckCursorSync,
  AckDocEdit,
  AckDocLock,
  AckDocLockStatus,
  AckDocSync,
  AckDocUnlock,
  AckHeartbeat,
  AckNotificationCount,
  AckNotificationRead,
  AckPresenceList,
  AckPresenceUpdate,
  AckRoomJoin,
  AckRoomLeave,
  AckRoomUsers,
  AckTypingStart,
  AckTypingStop,
} from './ack.js';

/** Checks a payload of activity:feed, client to server: null if it is valid. An absent payload is `{}`. */
export function clientActivityFeed(payload?: unknown): Violation | null {
  return judge(compiled.clientActivityFeed, payload, { sent: true });
}

/** Whether a value is a payload of activity:feed, client to server. */
export function isClientActivityFeed(payload: unknown): payload is ClientActivityFeed {
  return payload !== undefined && clientActivityFeed(payload) === null;
}

/** Checks a payload of auth:refresh, client to server: null if it is valid. An absent payload is `{}`. */
export function clientAuthRefresh(payload?: unknown): Violation | null {
  return judge(compiled.clientAuthRefresh, payload, { secret: true, sent: true });
}

/** Whether a value is a payload of auth:refresh, client to server. */
export function isClientAuthRefresh(payload: unknown): payload is ClientAuthRefresh {
  return payload !== undefined && clientAuthRefresh(payload) === null;
}

/** Checks a payload of connect, client to server: null if it is valid. An absent payload is `{}`. */
export function clientConnect(payload?: unknown): Violation | null {
  return judge(compiled.clientConnect, payload, { secret: true, sent: true });
}

/** Whether a value is a payload of connect, client to server. */
export function isClientConnect(payload: unknown): payload is ClientConnect {
  return payload !== undefined && clientConnect(payload) === null;
}

/** Checks a payload of cursor:move, client to server: null if it is valid. An absent payload is `{}`. */
export function clientCursorMove(payload?: unknown): Violation | null {
  return judge(compiled.clientCursorMove, payload, { sent: true });
}

/** Whether a value is a payload of cursor:move, client to server. */
export function isClientCursorMove(payload: unknown): payload is ClientCursorMove {
  return payload !== undefined && clientCursorMove(payload) === null;
}

/** Checks a payload of cursor:remove, client to server: null if it is valid. An absent payload is `{}`. */
export function clientCursorRemove(payload?: unknown): Violation | null {
  return judge(compiled.clientCursorRemove, payload, { sent: true });
}

/** Whether a value is a payload of cursor:remove, client to server. */
export function isClientCursorRemove(payload: unknown): payload is ClientCursorRemove {
  return payload !== undefined && clientCursorRemove(payload) === null;
}

/** Checks a payload of cursor:sync, client to server: null if it is valid. An absent payload is `{}`. */
export function clientCursorSync(payload?: unknown): Violation | null {
  return judge(compiled.clientCursorSync, payload, { sent: true });
}

/** Whether a value is a payload of cursor:sync, client to server. */
export function isClientCursorSync(payload: unknown): payload is ClientCursorSync {
  return payload !== undefined && clientCursorSync(payload) === null;
}

/** Checks a payload of doc:edit, client to server: null if it is valid. An absent payload is `{}`. */
export function clientDocEdit(payload?: unknown): Violation | null {
  return judge(compiled.clientDocEdit, payload, { sent: true });
}

/** Whether a value is a payload of doc:edit, client to server. */
export function isClientDocEdit(payload: unknown): payload is ClientDocEdit {
  return payload !== undefined && clientDocEdit(payload) === null;
}

/** Checks a payload of doc:lock, client to server: null if it is valid. An absent payload is `{}`. */
export function clientDocLock(payload?: unknown): Violation | null {
  return judge(compiled.clientDocLock, payload, { sent: true });
}

/** Whether a value is a payload of doc:lock, client to server. */
export function isClientDocLock(payload: unknown): payload is ClientDocLock {
  return payload !== undefined && clientDocLock(payload) === null;
}

/** Checks a payload of doc:lock_status, client to server: null if it is valid. An absent payload is `{}`. */
export function clientDocLockStatus(payload?: unknown): Violation | null {
  return judge(compiled.clientDocLockStatus, payload, { sent: true });
}

/** Whether a value is a payload of doc:lock_status, client to server. */
export function isClientDocLockStatus(payload: unknown): payload is ClientDocLockStatus {
  return payload !== undefined && clientDocLockStatus(payload) === null;
}

/** Checks a payload of doc:sync, client to server: null if it is valid. An absent payload is `{}`. */
export function clientDocSync(payload?: unknown): Violation | null {
  return judge(compiled.clientDocSync, payload, { sent: true });
}

/** Whether a value is a payload of doc:sync, client to server. */
export function isClientDocSync(payload: unknown): payload is ClientDocSync {
  return payload !== undefined && clientDocSync(payload) === null;
}

/** Checks a payload of doc:unlock, client to server: null if it is valid. An absent payload is `{}`. */
export function clientDocUnlock(payload?: unknown): Violation | null {
  return judge(compiled.clientDocUnlock, payload, { sent: true });
}

/** Whether a value is a payload of doc:unlock, client to server. */
export function isClientDocUnlock(payload: unknown): payload is ClientDocUnlock {
  return payload !== undefined && clientDocUnlock(payload) === null;
}

/** Checks a payload of heartbeat, client to server: null if it is valid. An absent payload is `{}`. */
export function clientHeartbeat(payload?: unknown): Violation | null {
  return judge(compiled.clientHeartbeat, payload, { sent: true });
}

/** Whether a value is a payload of heartbeat, client to server. */
export function isClientHeartbeat(payload: unknown): payload is ClientHeartbeat {
  return payload !== undefined && clientHeartbeat(payload) === null;
}

/** Checks a payload of notification:count, client to server: null if it is valid. An absent payload is `{}`. */
export function clientNotificationCount(payload?: unknown): Violation | null {
  return judge(compiled.clientNotificationCount, payload, { sent: true });
}

/** Whether a value is a payload of notification:count, client to server. */
export function isClientNotificationCount(payload: unknown): payload is ClientNotificationCount {
  return payload !== undefined && clientNotificationCount(payload) === null;
}

/** Checks a payload of notification:read, client to server: null if it is valid. An absent payload is `{}`. */
export function clientNotificationRead(payload?: unknown): Violation | null {
  return judge(compiled.clientNotificationRead, payload, { sent: true });
}

/** Whether a value is a payload of notification:read, client to server. */
export function isClientNotificationRead(payload: unknown): payload is ClientNotificationRead {
  return payload !== undefined && clientNotificationRead(payload) === null;
}

/** Checks a payload of presence:list, client to server: null if it is valid. An absent payload is `{}`. */
export function clientPresenceList(payload?: unknown): Violation | null {
  return judge(compiled.clientPresenceList, payload, { sent: true });
}

/** Whether a value is a payload of presence:list, client to server. */
export function isClientPresenceList(payload: unknown): payload is ClientPresenceList {
  return payload !== undefined && clientPresenceList(payload) === null;
}

/** Checks a payload of presence:update, client to server: null if it is valid. An absent payload is `{}`. */
export function clientPresenceUpdate(payload?: unknown): Violation | null {
  return judge(compiled.clientPresenceUpdate, payload, { sent: true });
}

/** Whether a value is a payload of presence:update, client to server. */
export function isClientPresenceUpdate(payload: unknown): payload is ClientPresenceUpdate {
  return payload !== undefined && clientPresenceUpdate(payload) === null;
}

/** Checks a payload of room:join, client to server: null if it is valid. An absent payload is `{}`. */
export function clientRoomJoin(payload?: unknown): Violation | null {
  return judge(compiled.clientRoomJoin, payload, { sent: true });
}

/** Whether a value is a payload of room:join, client to server. */
export function isClientRoomJoin(payload: unknown): payload is ClientRoomJoin {
  return payload !== undefined && clientRoomJoin(payload) === null;
}

/** Checks a payload of room:leave, client to server: null if it is valid. An absent payload is `{}`. */
export function clientRoomLeave(payload?: unknown): Violation | null {
  return judge(compiled.clientRoomLeave, payload, { sent: true });
}

/** Whether a value is a payload of room:leave, client to server. */
export function isClientRoomLeave(payload: unknown): payload is ClientRoomLeave {
  return payload !== undefined && clientRoomLeave(payload) === null;
}

/** Checks a payload of room:users, client to server: null if it is valid. An absent payload is `{}`. */
export function clientRoomUsers(payload?: unknown): Violation | null {
  return judge(compiled.clientRoomUsers, payload, { sent: true });
}

/** Whether a value is a payload of room:users, client to server. */
export function isClientRoomUsers(payload: unknown): payload is ClientRoomUsers {
  return payload !== undefined && clientRoomUsers(payload) === null;
}

/** Checks a payload of typing:start, client to server: null if it is valid. An absent payload is `{}`. */
export function clientTypingStart(payload?: unknown): Violation | null {
  return judge(compiled.clientTypingStart, payload, { sent: true });
}

/** Whether a value is a payload of typing:start, client to server. */
export function isClientTypingStart(payload: unknown): payload is ClientTypingStart {
  return payload !== undefined && clientTypingStart(payload) === null;
}

/** Checks a payload of typing:stop, client to server: null if it is valid. An absent payload is `{}`. */
export function clientTypingStop(payload?: unknown): Violation | null {
  return judge(compiled.clientTypingStop, payload, { sent: true });
}

/** Whether a value is a payload of typing:stop, client to server. */
export function isClientTypingStop(payload: unknown): payload is ClientTypingStop {
  return payload !== undefined && clientTypingStop(payload) === null;
}

/** Checks a payload of activity:feed, server to client: null if it is valid. An absent payload is `{}`. */
export function serverActivityFeed(payload?: unknown): Violation | null {
  return judge(compiled.serverActivityFeed, payload);
}

/** Whether a value is a payload of activity:feed, server to client. */
export function isServerActivityFeed(payload: unknown): payload is ServerActivityFeed {
  return payload !== undefined && serverActivityFeed(payload) === null;
}

/** Checks a payload of activity, server to client: null if it is valid. An absent payload is `{}`. */
export function serverActivity(payload?: unknown): Violation | null {
  return judge(compiled.serverActivity, payload);
}

/** Whether a value is a payload of activity, server to client. */
export function isServerActivity(payload: unknown): payload is ServerActivity {
  return payload !== undefined && serverActivity(payload) === null;
}

/** Checks a payload of auth:expiring, server to client: null if it is valid. An absent payload is `{}`. */
export function serverAuthExpiring(payload?: unknown): Violation | null {
  return judge(compiled.serverAuthExpiring, payload);
}

/** Whether a value is a payload of auth:expiring, server to client. */
export function isServerAuthExpiring(payload: unknown): payload is ServerAuthExpiring {
  return payload !== undefined && serverAuthExpiring(payload) === null;
}

/** Checks a payload of connect_error, server to client: null if it is valid. An absent payload is `{}`. */
export function serverConnectError(payload?: unknown): Violation | null {
  return judge(compiled.serverConnectError, payload);
}

/** Whether a value is a payload of connect_error, server to client. */
export function isServerConnectError(payload: unknown): payload is ServerConnectError {
  return payload !== undefined && serverConnectError(payload) === null;
}

/** Checks a payload of cursor:move, server to client: null if it is valid. An absent payload is `{}`. */
export function serverCursorMove(payload?: unknown): Violation | null {
  return judge(compiled.serverCursorMove, payload);
}

/** Whether a value is a payload of cursor:move, server to client. */
export function isServerCursorMove(payload: unknown): payload is ServerCursorMove {
  return payload !== undefined && serverCursorMove(payload) === null;
}

/** Checks a payload of cursor:remove, server to client: null if it is valid. An absent payload is `{}`. */
export function serverCursorRemove(payload?: unknown): Violation | null {
  return judge(compiled.serverCursorRemove, payload);
}

/** Whether a value is a payload of cursor:remove, server to client. */
export function isServerCursorRemove(payload: unknown): payload is ServerCursorRemove {
  return payload !== undefined && serverCursorRemove(payload) === null;
}

/** Checks a payload of cursor:sync, server to client: null if it is valid. An absent payload is `{}`. */
export function serverCursorSync(payload?: unknown): Violation | null {
  return judge(compiled.serverCursorSync, payload);
}

/** Whether a value is a payload of cursor:sync, server to client. */
export function isServerCursorSync(payload: unknown): payload is ServerCursorSync {
  return payload !== undefined && serverCursorSync(payload) === null;
}

/** Checks a payload of doc:edit, server to client: null if it is valid. An absent payload is `{}`. */
export function serverDocEdit(payload?: unknown): Violation | null {
  return judge(compiled.serverDocEdit, payload);
}

/** Whether a value is a payload of doc:edit, server to client. */
export function isServerDocEdit(payload: unknown): payload is ServerDocEdit {
  return payload !== undefined && serverDocEdit(payload) === null;
}

/** Checks a payload of doc:lock_status, server to client: null if it is valid. An absent payload is `{}`. */
export function serverDocLockStatus(payload?: unknown): Violation | null {
  return judge(compiled.serverDocLockStatus, payload);
}

/** Whether a value is a payload of doc:lock_status, server to client. */
export function isServerDocLockStatus(payload: unknown): payload is ServerDocLockStatus {
  return payload !== undefined && serverDocLockStatus(payload) === null;
}

/** Checks a payload of doc:sync, server to client: null if it is valid. An absent payload is `{}`. */
export function serverDocSync(payload?: unknown): Violation | null {
  return judge(compiled.serverDocSync, payload);
}

/** Whether a value is a payload of doc:sync, server to client. */
export function isServerDocSync(payload: unknown): payload is ServerDocSync {
  return payload !== undefined && serverDocSync(payload) === null;
}

/** Checks a payload of error, server to client: null if it is valid. An absent payload is `{}`. */
export function serverError(payload?: unknown): Violation | null {
  return judge(compiled.serverError, payload);
}

/** Whether a value is a payload of error, server to client. */
export function isServerError(payload: unknown): payload is ServerError {
  return payload !== undefined && serverError(payload) === null;
}

/** Checks a payload of heartbeat_ack, server to client: null if it is valid. An absent payload is `{}`. */
export function serverHeartbeatAck(payload?: unknown): Violation | null {
  return judge(compiled.serverHeartbeatAck, payload);
}

/** Whether a value is a payload of heartbeat_ack, server to client. */
export function isServerHeartbeatAck(payload: unknown): payload is ServerHeartbeatAck {
  return payload !== undefined && serverHeartbeatAck(payload) === null;
}

/** Checks a payload of notification:count, server to client: null if it is valid. An absent payload is `{}`. */
export function serverNotificationCount(payload?: unknown): Violation | null {
  return judge(compiled.serverNotificationCount, payload);
}

/** Whether a value is a payload of notification:count, server to client. */
export function isServerNotificationCount(payload: unknown): payload is ServerNotificationCount {
  return payload !== undefined && serverNotificationCount(payload) === null;
}

/** Checks a payload of notification, server to client: null if it is valid. An absent payload is `{}`. */
export function serverNotification(payload?: unknown): Violation | null {
  return judge(compiled.serverNotification, payload);
}

/** Whether a value is a payload of notification, server to client. */
export function isServerNotification(payload: unknown): payload is ServerNotification {
  return payload !== undefined && serverNotification(payload) === null;
}

/** Checks a payload of presence:list, server to client: null if it is valid. An absent payload is `{}`. */
export function serverPresenceList(payload?: unknown): Violation | null {
  return judge(compiled.serverPresenceList, payload);
}

/** Whether a value is a payload of presence:list, server to client. */
export function isServerPresenceList(payload: unknown): payload is ServerPresenceList {
  return payload !== undefined && serverPresenceList(payload) === null;
}

/** Checks a payload of presence:update, server to client: null if it is valid. An absent payload is `{}`. */
export function serverPresenceUpdate(payload?: unknown): Violation | null {
  return judge(compiled.serverPresenceUpdate, payload);
}

/** Whether a value is a payload of presence:update, server to client. */
export function isServerPresenceUpdate(payload: unknown): payload is ServerPresenceUpdate {
  return payload !== undefined && serverPresenceUpdate(payload) === null;
}

/** Checks a payload of presence:user_joined, server to client: null if it is valid. An absent payload is `{}`. */
export function serverPresenceUserJoined(payload?: unknown): Violation | null {
  return judge(compiled.serverPresenceUserJoined, payload);
}

/** Whether a value is a payload of presence:user_joined, server to client. */
export function isServerPresenceUserJoined(payload: unknown): payload is ServerPresenceUserJoined {
  return payload !== undefined && serverPresenceUserJoined(payload) === null;
}

/** Checks a payload of presence:user_left, server to client: null if it is valid. An absent payload is `{}`. */
export function serverPresenceUserLeft(payload?: unknown): Violation | null {
  return judge(compiled.serverPresenceUserLeft, payload);
}

/** Whether a value is a payload of presence:user_left, server to client. */
export function isServerPresenceUserLeft(payload: unknown): payload is ServerPresenceUserLeft {
  return payload !== undefined && serverPresenceUserLeft(payload) === null;
}

/** Checks a payload of room:user_joined, server to client: null if it is valid. An absent payload is `{}`. */
export function serverRoomUserJoined(payload?: unknown): Violation | null {
  return judge(compiled.serverRoomUserJoined, payload);
}

/** Whether a value is a payload of room:user_joined, server to client. */
export function isServerRoomUserJoined(payload: unknown): payload is ServerRoomUserJoined {
  return payload !== undefined && serverRoomUserJoined(payload) === null;
}

/** Checks a payload of room:user_left, server to client: null if it is valid. An absent payload is `{}`. */
export function serverRoomUserLeft(payload?: unknown): Violation | null {
  return judge(compiled.serverRoomUserLeft, payload);
}

/** Whether a value is a payload of room:user_left, server to client. */
export function isServerRoomUserLeft(payload: unknown): payload is ServerRoomUserLeft {
  return payload !== undefined && serverRoomUserLeft(payload) === null;
}

/** Checks a payload of room:users, server to client: null if it is valid. An absent payload is `{}`. */
export function serverRoomUsers(payload?: unknown): Violation | null {
  return judge(compiled.serverRoomUsers, payload);
}

/** Whether a value is a payload of room:users, server to client. */
export function isServerRoomUsers(payload: unknown): payload is ServerRoomUsers {
  return payload !== undefined && serverRoomUsers(payload) === null;
}

/** Checks a payload of typing:users, server to client: null if it is valid. An absent payload is `{}`. */
export function serverTypingUsers(payload?: unknown): Violation | null {
  return judge(compiled.serverTypingUsers, payload);
}

/** Whether a value is a payload of typing:users, server to client. */
export function isServerTypingUsers(payload: unknown): payload is ServerTypingUsers {
  return payload !== undefined && serverTypingUsers(payload) === null;
}

/** Checks a payload of activity:feed, ack: null if it is valid. An absent payload is `{}`. */
export function ackActivityFeed(payload?: unknown): Violation | null {
  return judge(compiled.ackActivityFeed, payload);
}

/** Whether a value is a payload of activity:feed, ack. */
export function isAckActivityFeed(payload: unknown): payload is AckActivityFeed {
  return payload !== undefined && ackActivityFeed(payload) === null;
}

/** Checks a payload of auth:refresh, ack: null if it is valid. An absent payload is `{}`. */
export function ackAuthRefresh(payload?: unknown): Violation | null {
  return judge(compiled.ackAuthRefresh, payload);
}

/** Whether a value is a payload of auth:refresh, ack. */
export function isAckAuthRefresh(payload: unknown): payload is AckAuthRefresh {
  return payload !== undefined && ackAuthRefresh(payload) === null;
}

/** Checks a payload of cursor:move, ack: null if it is valid. An absent payload is `{}`. */
export function ackCursorMove(payload?: unknown): Violation | null {
  return judge(compiled.ackCursorMove, payload);
}

/** Whether a value is a payload of cursor:move, ack. */
export function isAckCursorMove(payload: unknown): payload is AckCursorMove {
  return payload !== undefined && ackCursorMove(payload) === null;
}

/** Checks a payload of cursor:remove, ack: null if it is valid. An absent payload is `{}`. */
export function ackCursorRemove(payload?: unknown): Violation | null {
  return judge(compiled.ackCursorRemove, payload);
}

/** Whether a value is a payload of cursor:remove, ack. */
export function isAckCursorRemove(payload: unknown): payload is AckCursorRemove {
  return payload !== undefined && ackCursorRemove(payload) === null;
}

/** Checks a payload of cursor:sync, ack: null if it is valid. An absent payload is `{}`. */
export function ackCursorSync(payload?: unknown): Violation | null {
  return judge(compiled.ackCursorSync, payload);
}

/** Whether a value is a payload of cursor:sync, ack. */
export function isAckCursorSync(payload: unknown): payload is AckCursorSync {
  return payload !== undefined && ackCursorSync(payload) === null;
}

/** Checks a payload of doc:edit, ack: null if it is valid. An absent payload is `{}`. */
export function ackDocEdit(payload?: unknown): Violation | null {
  return judge(compiled.ackDocEdit, payload);
}

/** Whether a value is a payload of doc:edit, ack. */
export function isAckDocEdit(payload: unknown): payload is AckDocEdit {
  return payload !== undefined && ackDocEdit(payload) === null;
}

/** Checks a payload of doc:lock, ack: null if it is valid. An absent payload is `{}`. */
export function ackDocLock(payload?: unknown): Violation | null {
  return judge(compiled.ackDocLock, payload);
}

/** Whether a value is a payload of doc:lock, ack. */
export function isAckDocLock(payload: unknown): payload is AckDocLock {
  return payload !== undefined && ackDocLock(payload) === null;
}

/** Checks a payload of doc:lock_status, ack: null if it is valid. An absent payload is `{}`. */
export function ackDocLockStatus(payload?: unknown): Violation | null {
  return judge(compiled.ackDocLockStatus, payload);
}

/** Whether a value is a payload of doc:lock_status, ack. */
export function isAckDocLockStatus(payload: unknown): payload is AckDocLockStatus {
  return payload !== undefined && ackDocLockStatus(payload) === null;
}

/** Checks a payload of doc:sync, ack: null if it is valid. An absent payload is `{}`. */
export function ackDocSync(payload?: unknown): Violation | null {
  return judge(compiled.ackDocSync, payload);
}

/** Whether a value is a payload of doc:sync, ack. */
export function isAckDocSync(payload: unknown): payload is AckDocSync {
  return payload !== undefined && ackDocSync(payload) === null;
}

/** Checks a payload of doc:unlock, ack: null if it is valid. An absent payload is `{}`. */
export function ackDocUnlock(payload?: unknown): Violation | null {
  return judge(compiled.ackDocUnlock, payload);
}

/** Whether a value is a payload of doc:unlock, ack. */
export function isAckDocUnlock(payload: unknown): payload is AckDocUnlock {
  return payload !== undefined && ackDocUnlock(payload) === null;
}

/** Checks a payload of heartbeat, ack: null if it is valid. An absent payload is `{}`. */
export function ackHeartbeat(payload?: unknown): Violation | null {
  return judge(compiled.ackHeartbeat, payload);
}

/** Whether a value is a payload of heartbeat, ack. */
export function isAckHeartbeat(payload: unknown): payload is AckHeartbeat {
  return payload !== undefined && ackHeartbeat(payload) === null;
}

/** Checks a payload of notification:count, ack: null if it is valid. An absent payload is `{}`. */
export function ackNotificationCount(payload?: unknown): Violation | null {
  return judge(compiled.ackNotificationCount, payload);
}

/** Whether a value is a payload of notification:count, ack. */
export function isAckNotificationCount(payload: unknown): payload is AckNotificationCount {
  return payload !== undefined && ackNotificationCount(payload) === null;
}

/** Checks a payload of notification:read, ack: null if it is valid. An absent payload is `{}`. */
export function ackNotificationRead(payload?: unknown): Violation | null {
  return judge(compiled.ackNotificationRead, payload);
}

/** Whether a value is a payload of notification:read, ack. */
export function isAckNotificationRead(payload: unknown): payload is AckNotificationRead {
  return payload !== undefined && ackNotificationRead(payload) === null;
}

/** Checks a payload of presence:list, ack: null if it is valid. An absent payload is `{}`. */
export function ackPresenceList(payload?: unknown): Violation | null {
  return judge(compiled.ackPresenceList, payload);
}

/** Whether a value is a payload of presence:list, ack. */
export function isAckPresenceList(payload: unknown): payload is AckPresenceList {
  return payload !== undefined && ackPresenceList(payload) === null;
}

/** Checks a payload of presence:update, ack: null if it is valid. An absent payload is `{}`. */
export function ackPresenceUpdate(payload?: unknown): Violation | null {
  return judge(compiled.ackPresenceUpdate, payload);
}

/** Whether a value is a payload of presence:update, ack. */
export function isAckPresenceUpdate(payload: unknown): payload is AckPresenceUpdate {
  return payload !== undefined && ackPresenceUpdate(payload) === null;
}

/** Checks a payload of room:join, ack: null if it is valid. An absent payload is `{}`. */
export function ackRoomJoin(payload?: unknown): Violation | null {
  return judge(compiled.ackRoomJoin, payload);
}

/** Whether a value is a payload of room:join, ack. */
export function isAckRoomJoin(payload: unknown): payload is AckRoomJoin {
  return payload !== undefined && ackRoomJoin(payload) === null;
}

/** Checks a payload of room:leave, ack: null if it is valid. An absent payload is `{}`. */
export function ackRoomLeave(payload?: unknown): Violation | null {
  return judge(compiled.ackRoomLeave, payload);
}

/** Whether a value is a payload of room:leave, ack. */
export function isAckRoomLeave(payload: unknown): payload is AckRoomLeave {
  return payload !== undefined && ackRoomLeave(payload) === null;
}

/** Checks a payload of room:users, ack: null if it is valid. An absent payload is `{}`. */
export function ackRoomUsers(payload?: unknown): Violation | null {
  return judge(compiled.ackRoomUsers, payload);
}

/** Whether a value is a payload of room:users, ack. */
export function isAckRoomUsers(payload: unknown): payload is AckRoomUsers {
  return payload !== undefined && ackRoomUsers(payload) === null;
}

/** Checks a payload of typing:start, ack: null if it is valid. An absent payload is `{}`. */
export function ackTypingStart(payload?: unknown): Violation | null {
  return judge(compiled.ackTypingStart, payload);
}

/** Whether a value is a payload of typing:start, ack. */
export function isAckTypingStart(payload: unknown): payload is AckTypingStart {
  return payload !== undefined && ackTypingStart(payload) === null;
}

/** Checks a payload of typing:stop, ack: null if it is valid. An absent payload is `{}`. */
export function ackTypingStop(payload?: unknown): Violation | null {
  return judge(compiled.ackTypingStop, payload);
}

/** Whether a value is a payload of typing:stop, ack. */
export function isAckTypingStop(payload: unknown): payload is AckTypingStop {
  return payload !== undefined && ackTypingStop(payload) === null;
}

/** All validators, by direction and event. */
export const ALL = {
  client: {
    'activity:feed': clientActivityFeed,
    'auth:refresh': clientAuthRefresh,
    connect: clientConnect,
    'cursor:move': clientCursorMove,
    'cursor:remove': clientCursorRemove,
    'cursor:sync': clientCursorSync,
    'doc:edit': clientDocEdit,
    'doc:lock': clientDocLock,
    'doc:lock_status': clientDocLockStatus,
    'doc:sync': clientDocSync,
    'doc:unlock': clientDocUnlock,
    heartbeat: clientHeartbeat,
    'notification:count': clientNotificationCount,
    'notification:read': clientNotificationRead,
    'presence:list': clientPresenceList,
    'presence:update': clientPresenceUpdate,
    'room:join': clientRoomJoin,
    'room:leave': clientRoomLeave,
    'room:users': clientRoomUsers,
    'typing:start': clientTypingStart,
    'typing:stop': clientTypingStop,
  },
  server: {
    'activity:feed': serverActivityFeed,
    activity: serverActivity,
    'auth:expiring': serverAuthExpiring,
    connect_error: serverConnectError,
    'cursor:move': serverCursorMove,
    'cursor:remove': serverCursorRemove,
    'cursor:sync': serverCursorSync,
    'doc:edit': serverDocEdit,
    'doc:lock_status': serverDocLockStatus,
    'doc:sync': serverDocSync,
    error: serverError,
    heartbeat_ack: serverHeartbeatAck,
    'notification:count': serverNotificationCount,
    notification: serverNotification,
    'presence:list': serverPresenceList,
    'presence:update': serverPresenceUpdate,
    'presence:user_joined': serverPresenceUserJoined,
    'presence:user_left': serverPresenceUserLeft,
    'room:user_joined': serverRoomUserJoined,
    'room:user_left': serverRoomUserLeft,
    'room:users': serverRoomUsers,
    'typing:users': serverTypingUsers,
  },
  ack: {
    'activity:feed': ackActivityFeed,
    'auth:refresh': ackAuthRefresh,
    'cursor:move': ackCursorMove,
    'cursor:remove': ackCursorRemove,
    'cursor:sync': ackCursorSync,
    'doc:edit': ackDocEdit,
    'doc:lock': ackDocLock,
    'doc:lock_status': ackDocLockStatus,
    'doc:sync': ackDocSync,
    'doc:unlock': ackDocUnlock,
    heartbeat: ackHeartbeat,
    'notification:count': ackNotificationCount,
    'notification:read': ackNotificationRead,
    'presence:list': ackPresenceList,
    'presence:update': ackPresenceUpdate,
    'room:join': ackRoomJoin,
    'room:leave': ackRoomLeave,
    'room:users': ackRoomUsers,
    'typing:start': ackTypingStart,
    'typing:stop': ackTypingStop,
  },
} as const;

/** The messages with a token in them, as `direction event`. */
export const SECRET: readonly string[] = ['client auth:refresh', 'client connect'];
