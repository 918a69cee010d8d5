// A front end that watches its socket, as Vite builds it.
import { io } from 'socket.io-client';
import { checkSocket } from '@logiaccounting/realtime-contract';
import { isServerNotification } from '@logiaccounting/realtime-contract/validators';

const socket = io('https://realtime.example', { auth: { token: 'x' }, autoConnect: false });
checkSocket(socket, { onViolation: (violation) => console.warn(violation) });
socket.on('notification', (message) => console.info(isServerNotification(message)));
