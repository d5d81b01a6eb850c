/**
 * Thrown by a simulated cloud, or used as the error of a response body, when the connection shall break here.
 * Served on loopback it destroys the socket; called in-process it is the caller's network error.
 */
export class ConnectionCut extends Error {
  constructor(message = 'the connection was cut') {
    super(message);
    this.name = 'ConnectionCut';
  }
}
