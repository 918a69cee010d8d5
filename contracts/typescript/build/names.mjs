// The names of messages and definitions in TypeScript.
//
// A message is its direction and its event: `room:join` from the client is the type `ClientRoomJoin`, the validator
// `clientRoomJoin`, the guard `isClientRoomJoin`. A shared definition keeps its own name, `room_id` is `RoomId`, unless
// that is too general outside of its file: those are named here.

/** `file/definition` → name, for shared definitions whose own name is too general, or taken. */
const SHARED = {
  'activity/id': 'ActivityId',
  'activity/action': 'ActivityAction',
  'activity/details': 'ActivityDetails',
  'activity/limit': 'ActivityLimit',
  'activity/offset': 'ActivityOffset',
  'activity/before': 'ActivityBefore',
  'activity/since': 'ActivitySince',
  'activity/next': 'ActivityNext',
  'activity/items': 'Activities',
  'activity/item': 'Activity',
  'cursors/line': 'CursorLine',
  'cursors/column': 'CursorColumn',
  'cursors/position': 'CursorPosition',
  'cursors/color': 'CursorColor',
  'cursors/selection': 'CursorSelection',
  'documents/version': 'DocumentVersion',
  'documents/pointer': 'JsonPointer',
  'documents/value': 'DocumentValue',
  'documents/missed': 'MissedEdits',
  'documents/content': 'DocumentContent',
  'error/error': 'RealtimeError',
  'error/failure': 'AckFailure',
  'notifications/id': 'NotificationId',
  'notifications/type': 'NotificationType',
  'notifications/title': 'NotificationTitle',
  'notifications/message': 'NotificationMessage',
  'notifications/priority': 'NotificationPriority',
  'notifications/count': 'UnreadCount',
  'notifications/stored': 'StoredNotification',
  'presence/status': 'PresenceStatus',
  'presence/user': 'PresentUser',
  'rest/success': 'RestSuccess',
  'rest/failure': 'RestFailure',
  'rest/text': 'RestErrorText',
  'rest/presence': 'RestPresence',
  'rooms/users': 'RoomUsers',
  'rooms/user': 'RoomUser',
  'typing/field': 'TypingField',
  'typing/field_or_none': 'TypingFieldOrNone',
};

/** `room:user_joined` → `RoomUserJoined`. */
export const pascal = (text) =>
  text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

/** The name of a message's type: `ClientRoomJoin`. */
export const messageName = ({ direction, event }) => pascal(direction) + pascal(event);

/** The name of a message's validator: `clientRoomJoin`. */
export const validatorName = ({ direction, event }) => direction + pascal(event);

/** The name of a definition: a shared one by the table above, a message's own after the message's name. */
export function definitionName(file, definition) {
  const [folder, stem] = file.replace(/\.json$/, '').split('/');
  if (folder === 'shared') return SHARED[`${stem}/${definition}`] ?? pascal(definition);
  return messageName({ direction: folder, event: stem }) + pascal(definition);
}

/** Throws for a name that is used twice, and for an entry of the table above that the contract does not have. */
export function checkNames(schemas) {
  const taken = new Map();
  const known = new Set();
  for (const [file, schema] of schemas) {
    const [folder, stem] = file.replace(/\.json$/, '').split('/');
    const definitions = Object.keys(schema.$defs ?? {});
    const names = definitions.map((definition) => definitionName(file, definition));
    if (folder === 'shared') for (const definition of definitions) known.add(`${stem}/${definition}`);
    else names.push(messageName({ direction: folder, event: stem }));
    for (const name of names) {
      if (taken.has(name)) throw new Error(`two things are called ${name}: ${taken.get(name)} and ${file}`);
      taken.set(name, file);
    }
  }
  const strangers = Object.keys(SHARED).filter((key) => !known.has(key));
  if (strangers.length > 0) throw new Error(`build/names.mjs names what is not in the contract: ${strangers}`);
}
