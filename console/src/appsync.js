// AppSync's dialect: credentials travel in a `header-<base64url>` subprotocol and again with each `start`.
import { isSubscription, post, socketUrl, stream } from './stream.js';

const base64url = (text) => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

export const appsyncFetcher = (endpoint) => (params, options) => {
  const headers = options?.headers ?? {};
  if (!isSubscription(params)) return post(endpoint, params, headers);
  const authorization = { host: location.host, ...headers };
  return stream((push, end) => {
    const socket = new WebSocket(socketUrl(`${endpoint}/realtime`), [
      'graphql-ws',
      `header-${base64url(JSON.stringify(authorization))}`,
    ]);
    const send = (message) => socket.send(JSON.stringify(message));
    socket.onopen = () => send({ type: 'connection_init' });
    socket.onclose = end;
    socket.onmessage = ({ data }) => {
      const { type, payload } = JSON.parse(data);
      const { query, variables, operationName } = params;
      if (type === 'connection_ack') {
        const body = JSON.stringify({ query, variables, operationName });
        send({ id: '1', type: 'start', payload: { data: body, extensions: { authorization } } });
      } else if (type === 'data') push(payload);
      else if (type === 'error' || type === 'connection_error') {
        push(payload);
        socket.close();
      } else if (type === 'complete') socket.close();
    };
    return () => socket.close();
  });
};
