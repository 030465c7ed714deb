exports.handler = async ({ arguments: { text } }) => text.toUpperCase();
