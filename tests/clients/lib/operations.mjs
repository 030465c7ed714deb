// What every client asks of the shipped application.
export const PING = 'query Ping($message: String) { ping(message: $message) }';
export const PLACE = `mutation Place($input: PlaceOrderInput!) {
  placeOrder(input: $input) { id customer amount status }
}`;
export const APPROVE = 'mutation Approve($id: ID!) { approveOrder(id: $id, comment: "fine") { id status } }';
export const ORDER = `query Order($id: ID!) {
  order(id: $id) { id status amount decidedBy execution { status } }
}`;
export const ON_STATUS = 'subscription OnStatus($id: ID) { onOrderStatus(id: $id) { id status } }';

let count = 0;
export const newOrder = (mode, price, customer) => ({
  clientToken: `${mode}-${process.pid}-${(count += 1)}`,
  items: [{ sku: 'tea', quantity: 2, price }],
  ...(customer ? { customer } : {}),
});

// Fails loudly instead of hanging: every wait of a test is bounded.
export function within(seconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
