// What every client asks of the shipped application, and what wrong credentials are answered with.
export const PING = 'query Ping($message: String) { ping(message: $message) }';
export const PLACE = `mutation Place($input: PlaceOrderInput!) {
  placeOrder(input: $input) { id customer amount status }
}`;
export const APPROVE = `mutation Approve($id: ID!) {
  approveOrder(id: $id, comment: "fine") { id status }
}`;
export const ORDER = `query Order($id: ID!) {
  order(id: $id) { id customer amount status statusReason decidedBy comment execution { status } }
}`;
export const ON_STATUS = `subscription OnStatus($id: ID) {
  onOrderStatus(id: $id) { id customer status }
}`;

let count = 0;

// An order with an id of its own. From a price of 500 a piece it waits for approval: two pieces make 1,000.
export const newOrder = (label, price, customer) => ({
  clientToken: `${label}-${process.pid}-${(count += 1)}`,
  items: [{ sku: 'tea', quantity: 2, price }],
  ...(customer ? { customer } : {}),
});

// The statuses of an order that waits for approval and gets it. PLACED is heard first when the event of the execution's
// start is delivered before the first step is done; an event that is delivered twice announces its status twice.
export const APPROVED_ORDER = ['RESERVED', 'AWAITING_APPROVAL', 'APPROVED', 'CHARGED', 'SHIPPED'];
export const steps = (heard) => [...new Set(heard.map(({ status }) => status))].filter((status) => status !== 'PLACED');

// Recorded on AWS, but for the signature's, which is documented for every service and was not recorded on AppSync.
export const UNAUTHORIZED = {
  errorType: 'UnauthorizedException',
  message: 'You are not authorized to make this call.',
};
export const BAD_SIGNATURE = {
  errorType: 'BadRequestException',
  message:
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access ' +
    'Key and signing method. Consult the service documentation for details.',
};
