// The operator's API: graphql-transport-ws (https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md).
import { isSubscription, post, socketUrl, stream } from './stream.js';

export const operateFetcher = (endpoint) => (params, options) => {
  if (!isSubscription(params)) return post(endpoint, params, options?.headers);
  return stream((push, end) => {
    const socket = new WebSocket(socketUrl(`${endpoint}/ws`), 'graphql-transport-ws');
    const send = (message) => socket.send(JSON.stringify(message));
    socket.onopen = () => send({ type: 'connection_init', payload: {} });
    socket.onclose = end;
    socket.onmessage = ({ data }) => {
      const { type, payload } = JSON.parse(data);
      if (type === 'connection_ack') send({ id: '1', type: 'subscribe', payload: params });
      else if (type === 'ping') send({ type: 'pong' });
      else if (type === 'next') push(payload);
      else if (type === 'error') {
        push({ errors: payload });
        socket.close();
      } else if (type === 'complete') socket.close();
    };
    return () => socket.close();
  });
};
