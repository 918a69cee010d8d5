// Generated from contracts/schemas by `npm run build`. Do not edit: change the schemas.

import * as compiled from '../compiled/rest.js';
import { judge } from '../judge.js';
import type { Violation } from '../violation.js';
import type {
  RequestActivityEntity,
  RequestActivityList,
  RequestActivityRecord,
  RequestNotificationsCreate,
  RequestNotificationsList,
  RequestPresenceStatus,
  ResponseActivityEntity,
  ResponseActivityList,
  ResponseActivityRecord,
  ResponseError,
  ResponseNotificationsCount,
  ResponseNotificationsCreate,
  ResponseNotificationsDelete,
  ResponseNotificationsList,
  ResponseNotificationsRead,
  ResponseNotificationsReadAll,
  ResponseOpsHealthz,
  ResponseOpsReadyz,
  ResponsePresenceGet,
  ResponsePresenceList,
  ResponsePresenceStatus,
} from './rest.js';

/** Checks a payload of activity.entity, request: null if it is valid. An absent payload is `{}`. */
export function requestActivityEntity(payload?: unknown): Violation | null {
  return judge(compiled.requestActivityEntity, payload, { sent: true });
}

/** Whether a value is a payload of activity.entity, request. */
export function isRequestActivityEntity(payload: unknown): payload is RequestActivityEntity {
  return payload !== undefined && requestActivityEntity(payload) === null;
}

/** Checks a payload of activity.list, request: null if it is valid. An absent payload is `{}`. */
export function requestActivityList(payload?: unknown): Violation | null {
  return judge(compiled.requestActivityList, payload, { sent: true });
}

/** Whether a value is a payload of activity.list, request. */
export function isRequestActivityList(payload: unknown): payload is RequestActivityList {
  return payload !== undefined && requestActivityList(payload) === null;
}

/** Checks a payload of activity.record, request: null if it is valid. An absent payload is `{}`. */
export function requestActivityRecord(payload?: unknown): Violation | null {
  return judge(compiled.requestActivityRecord, payload, { sent: true });
}

/** Whether a value is a payload of activity.record, request. */
export function isRequestActivityRecord(payload: unknown): payload is RequestActivityRecord {
  return payload !== undefined && requestActivityRecord(payload) === null;
}

/** Checks a payload of notifications.create, request: null if it is valid. An absent payload is `{}`. */
export function requestNotificationsCreate(payload?: unknown): Violation | null {
  return judge(compiled.requestNotificationsCreate, payload, { sent: true });
}

/** Whether a value is a payload of notifications.create, request. */
export function isRequestNotificationsCreate(payload: unknown): payload is RequestNotificationsCreate {
  return payload !== undefined && requestNotificationsCreate(payload) === null;
}

/** Checks a payload of notifications.list, request: null if it is valid. An absent payload is `{}`. */
export function requestNotificationsList(payload?: unknown): Violation | null {
  return judge(compiled.requestNotificationsList, payload, { sent: true });
}

/** Whether a value is a payload of notifications.list, request. */
export function isRequestNotificationsList(payload: unknown): payload is RequestNotificationsList {
  return payload !== undefined && requestNotificationsList(payload) === null;
}

/** Checks a payload of presence.status, request: null if it is valid. An absent payload is `{}`. */
export function requestPresenceStatus(payload?: unknown): Violation | null {
  return judge(compiled.requestPresenceStatus, payload, { sent: true });
}

/** Whether a value is a payload of presence.status, request. */
export function isRequestPresenceStatus(payload: unknown): payload is RequestPresenceStatus {
  return payload !== undefined && requestPresenceStatus(payload) === null;
}

/** Checks a payload of activity.entity, response: null if it is valid. An absent payload is `{}`. */
export function responseActivityEntity(payload?: unknown): Violation | null {
  return judge(compiled.responseActivityEntity, payload);
}

/** Whether a value is a payload of activity.entity, response. */
export function isResponseActivityEntity(payload: unknown): payload is ResponseActivityEntity {
  return payload !== undefined && responseActivityEntity(payload) === null;
}

/** Checks a payload of activity.list, response: null if it is valid. An absent payload is `{}`. */
export function responseActivityList(payload?: unknown): Violation | null {
  return judge(compiled.responseActivityList, payload);
}

/** Whether a value is a payload of activity.list, response. */
export function isResponseActivityList(payload: unknown): payload is ResponseActivityList {
  return payload !== undefined && responseActivityList(payload) === null;
}

/** Checks a payload of activity.record, response: null if it is valid. An absent payload is `{}`. */
export function responseActivityRecord(payload?: unknown): Violation | null {
  return judge(compiled.responseActivityRecord, payload);
}

/** Whether a value is a payload of activity.record, response. */
export function isResponseActivityRecord(payload: unknown): payload is ResponseActivityRecord {
  return payload !== undefined && responseActivityRecord(payload) === null;
}

/** Checks a payload of Error of the REST API: null if it is valid. An absent payload is `{}`. */
export function responseError(payload?: unknown): Violation | null {
  return judge(compiled.responseError, payload);
}

/** Whether a value is a payload of Error of the REST API. */
export function isResponseError(payload: unknown): payload is ResponseError {
  return payload !== undefined && responseError(payload) === null;
}

/** Checks a payload of notifications.count, response: null if it is valid. An absent payload is `{}`. */
export function responseNotificationsCount(payload?: unknown): Violation | null {
  return judge(compiled.responseNotificationsCount, payload);
}

/** Whether a value is a payload of notifications.count, response. */
export function isResponseNotificationsCount(payload: unknown): payload is ResponseNotificationsCount {
  return payload !== undefined && responseNotificationsCount(payload) === null;
}

/** Checks a payload of notifications.create, response: null if it is valid. An absent payload is `{}`. */
export function responseNotificationsCreate(payload?: unknown): Violation | null {
  return judge(compiled.responseNotificationsCreate, payload);
}

/** Whether a value is a payload of notifications.create, response. */
export function isResponseNotificationsCreate(payload: unknown): payload is ResponseNotificationsCreate {
  return payload !== undefined && responseNotificationsCreate(payload) === null;
}

/** Checks a payload of notifications.delete, response: null if it is valid. An absent payload is `{}`. */
export function responseNotificationsDelete(payload?: unknown): Violation | null {
  return judge(compiled.responseNotificationsDelete, payload);
}

/** Whether a value is a payload of notifications.delete, response. */
export function isResponseNotificationsDelete(payload: unknown): payload is ResponseNotificationsDelete {
  return payload !== undefined && responseNotificationsDelete(payload) === null;
}

/** Checks a payload of notifications.list, response: null if it is valid. An absent payload is `{}`. */
export function responseNotificationsList(payload?: unknown): Violation | null {
  return judge(compiled.responseNotificationsList, payload);
}

/** Whether a value is a payload of notifications.list, response. */
export function isResponseNotificationsList(payload: unknown): payload is ResponseNotificationsList {
  return payload !== undefined && responseNotificationsList(payload) === null;
}

/** Checks a payload of notifications.read, response: null if it is valid. An absent payload is `{}`. */
export function responseNotificationsRead(payload?: unknown): Violation | null {
  return judge(compiled.responseNotificationsRead, payload);
}

/** Whether a value is a payload of notifications.read, response. */
export function isResponseNotificationsRead(payload: unknown): payload is ResponseNotificationsRead {
  return payload !== undefined && responseNotificationsRead(payload) === null;
}

/** Checks a payload of notifications.read_all, response: null if it is valid. An absent payload is `{}`. */
export function responseNotificationsReadAll(payload?: unknown): Violation | null {
  return judge(compiled.responseNotificationsReadAll, payload);
}

/** Whether a value is a payload of notifications.read_all, response. */
export function isResponseNotificationsReadAll(payload: unknown): payload is ResponseNotificationsReadAll {
  return payload !== undefined && responseNotificationsReadAll(payload) === null;
}

/** Checks a payload of ops.healthz, response: null if it is valid. An absent payload is `{}`. */
export function responseOpsHealthz(payload?: unknown): Violation | null {
  return judge(compiled.responseOpsHealthz, payload);
}

/** Whether a value is a payload of ops.healthz, response. */
export function isResponseOpsHealthz(payload: unknown): payload is ResponseOpsHealthz {
  return payload !== undefined && responseOpsHealthz(payload) === null;
}

/** Checks a payload of ops.readyz, response: null if it is valid. An absent payload is `{}`. */
export function responseOpsReadyz(payload?: unknown): Violation | null {
  return judge(compiled.responseOpsReadyz, payload);
}

/** Whether a value is a payload of ops.readyz, response. */
export function isResponseOpsReadyz(payload: unknown): payload is ResponseOpsReadyz {
  return payload !== undefined && responseOpsReadyz(payload) === null;
}

/** Checks a payload of presence.get, response: null if it is valid. An absent payload is `{}`. */
export function responsePresenceGet(payload?: unknown): Violation | null {
  return judge(compiled.responsePresenceGet, payload);
}

/** Whether a value is a payload of presence.get, response. */
export function isResponsePresenceGet(payload: unknown): payload is ResponsePresenceGet {
  return payload !== undefined && responsePresenceGet(payload) === null;
}

/** Checks a payload of presence.list, response: null if it is valid. An absent payload is `{}`. */
export function responsePresenceList(payload?: unknown): Violation | null {
  return judge(compiled.responsePresenceList, payload);
}

/** Whether a value is a payload of presence.list, response. */
export function isResponsePresenceList(payload: unknown): payload is ResponsePresenceList {
  return payload !== undefined && responsePresenceList(payload) === null;
}

/** Checks a payload of presence.status, response: null if it is valid. An absent payload is `{}`. */
export function responsePresenceStatus(payload?: unknown): Violation | null {
  return judge(compiled.responsePresenceStatus, payload);
}

/** Whether a value is a payload of presence.status, response. */
export function isResponsePresenceStatus(payload: unknown): payload is ResponsePresenceStatus {
  return payload !== undefined && responsePresenceStatus(payload) === null;
}

/** All validators, by direction and event. */
export const ALL = {
  request: {
    'activity:entity': requestActivityEntity,
    'activity:list': requestActivityList,
    'activity:record': requestActivityRecord,
    'notifications:create': requestNotificationsCreate,
    'notifications:list': requestNotificationsList,
    'presence:status': requestPresenceStatus,
  },
  response: {
    'activity:entity': responseActivityEntity,
    'activity:list': responseActivityList,
    'activity:record': responseActivityRecord,
    error: responseError,
    'notifications:count': responseNotificationsCount,
    'notifications:create': responseNotificationsCreate,
    'notifications:delete': responseNotificationsDelete,
    'notifications:list': responseNotificationsList,
    'notifications:read': responseNotificationsRead,
    'notifications:read_all': responseNotificationsReadAll,
    'ops:healthz': responseOpsHealthz,
    'ops:readyz': responseOpsReadyz,
    'presence:get': responsePresenceGet,
    'presence:list': responsePresenceList,
    'presence:status': responsePresenceStatus,
  },
} as const;

/** The messages with a token in them, as `direction event`. */
export const SECRET: readonly string[] = [];
