using System.Net;

namespace NsCollector.Deliver.Http;

/// <summary>
/// The proxy that <c>http_proxy</c>, <c>https_proxy</c> and <c>all_proxy</c> name, without the hosts of <c>no_proxy</c>.
/// The framework reads the proxies. In <c>no_proxy</c> it knows only names, and would send the lines and the token for
/// <c>127.0.0.0/8</c>, <c>*</c>, <c>::1</c> or <c>host:port</c> to the proxy that the user excluded.
/// </summary>
internal sealed class EnvironmentProxy : IWebProxy
{
    private readonly IWebProxy _proxy;
    private readonly NoProxyList _excluded;

    /// <param name="proxy">Finds the proxy of a URL; its own exclusions hold as well.</param>
    /// <param name="noProxy">The value of <c>no_proxy</c>.</param>
    internal EnvironmentProxy(IWebProxy proxy, string noProxy)
    {
        _proxy = proxy;
        _excluded = new NoProxyList(noProxy);
    }

    /// <summary>The proxies of this process' environment. <c>no_proxy</c> is preferred to <c>NO_PROXY</c>, as by curl.</summary>
    internal static EnvironmentProxy OfThisProcess() => new(HttpClient.DefaultProxy,
        Environment.GetEnvironmentVariable("no_proxy") is { Length: > 0 } value ? value : Environment.GetEnvironmentVariable("NO_PROXY") ?? "");

    /// <inheritdoc/>
    public ICredentials? Credentials
    {
        get => _proxy.Credentials;
        set => _proxy.Credentials = value;
    }

    /// <inheritdoc/>
    public bool IsBypassed(Uri host) => _excluded.Matches(host) || _proxy.IsBypassed(host);

    /// <inheritdoc/>
    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : _proxy.GetProxy(destination);
}
