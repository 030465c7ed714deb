// What both fetchers share: posting an operation, and turning pushed results into an async iterator.
import { getOperationAST, parse } from 'graphql';

export const isSubscription = ({ query, operationName }) =>
  getOperationAST(parse(query), operationName)?.operation === 'subscription';

export async function post(endpoint, params, headers) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(params),
  });
  return response.json();
}

// `start(push, end)` begins and returns a function that stops.
export function stream(start) {
  const waiting = [];
  const ready = [];
  let ended = false;
  const push = (value) => (waiting.length ? waiting.shift()({ value, done: false }) : ready.push(value));
  const end = () => {
    ended = true;
    for (const resolve of waiting.splice(0)) resolve({ value: undefined, done: true });
  };
  const stop = start(push, end);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      if (ready.length) return Promise.resolve({ value: ready.shift(), done: false });
      if (ended) return Promise.resolve({ value: undefined, done: true });
      return new Promise((resolve) => waiting.push(resolve));
    },
    return() {
      stop();
      end();
      return Promise.resolve({ value: undefined, done: true });
    },
  };
}

export const socketUrl = (endpoint) => new URL(endpoint, location.href).href.replace(/^http/, 'ws');
