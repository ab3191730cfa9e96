export const handler = async (e, c) => {}
