using System.Net;
using Microsoft.AspNetCore.Connections;

namespace NsCollector.Serve.Http;

/// <summary>
/// Closes each connection over the bound before it accepts the next one. Kestrel's own bound (MaxConcurrentConnections) closes them
/// later: during a flood, many descriptors are then open beyond the bound.
/// </summary>
/// <param name="sockets">Makes the listeners.</param>
/// <param name="connections">The open connections of all listeners.</param>
internal sealed class BoundedListenerFactory(IConnectionListenerFactory sockets, OpenConnections connections) : IConnectionListenerFactory
{
    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new BoundedListener(await sockets.BindAsync(endpoint, cancellationToken).ConfigureAwait(false), connections);

    private sealed class BoundedListener(IConnectionListener listener, OpenConnections connections) : IConnectionListener
    {
        public EndPoint EndPoint => listener.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await listener.AcceptAsync(cancellationToken).ConfigureAwait(false) is { } connection)
            {
                if (connections.TryAdd(connection)) return connection;
                await connection.DisposeAsync().ConfigureAwait(false);
            }

            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => listener.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => listener.DisposeAsync();
    }
}
