// What the matchers must do, for both test runners: `{ name: body }`.
const ROOM = { entity_type: 'invoice', entity_id: 42 };
const ACK = { ok: true, room_id: 'invoice:42', users: [] };

export const matcherCases = (expect) => ({
  'good payloads match': () => {
    expect(ROOM).toMatchContract('client', 'room:join');
    expect(ROOM).toBeClientMessage('room:join');
    expect({ count: 0 }).toBeServerMessage('notification:count');
    expect(ACK).toBeAckOf('room:join');
    expect({ success: true, count: 0 }).toMatchContract('response', 'notifications:count');
  },
  'bad ones do not, and .not says so': () => {
    expect({ ...ROOM, entity_id: null }).not.toMatchContract('client', 'room:join');
    expect({}).not.toBeClientMessage('room:join');
    expect({ count: -1 }).not.toBeServerMessage('notification:count');
    expect({ ok: true }).not.toBeAckOf('room:join');
    expect(undefined).not.toBeClientMessage('heartbeat');
  },
  'a failure says where and why': () => {
    expect(() => expect({ ...ROOM, entity_id: true }).toBeClientMessage('room:join')).toThrow(
      'expected a payload of room:join (client), but at /entity_id: expected string or integer, got true (type)',
    );
    expect(() => expect(null).toBeClientMessage('heartbeat')).toThrow('at the payload itself: expected object, got null');
    expect(() => expect(ROOM).not.toBeClientMessage('room:join')).toThrow('not to be a room:join (client), and it is one');
  },
  'an event that there is not is a mistake of the test': () => {
    expect(() => expect({}).toBeClientMessage('room:enter')).toThrow('no event "room:enter" in direction "client"');
    expect(() => expect({}).not.toBeClientMessage('room:enter')).toThrow('no event "room:enter"');
  },
  'they work inside of other expectations': () => {
    expect({ sent: [ROOM] }).toEqual({ sent: [expect.toBeClientMessage('room:join')] });
  },
});
