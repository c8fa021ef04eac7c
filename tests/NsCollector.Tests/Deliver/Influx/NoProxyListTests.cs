using System.Net;
using NsCollector.Deliver.Http;

namespace NsCollector.Tests.Deliver.Influx;

/// <summary>The forms of golang.org/x/net/http/httpproxy, and curl's address in brackets.</summary>
public class NoProxyListTests
{
    [Theory]
    [InlineData("*", "http://example.com:8086")]
    [InlineData("other, *", "http://[2001:db8::1]:8086")]
    [InlineData("127.0.0.1", "http://127.0.0.1:8086")]
    [InlineData("127.0.0.0/8", "http://127.200.3.4:8086")]
    [InlineData("127.0.0.9/8", "http://127.0.0.1:8086")]
    [InlineData("10.1.2.128/25", "http://10.1.2.200")]
    [InlineData("0.0.0.0/0", "http://8.8.8.8")]
    [InlineData("::1", "http://[::1]:8086")]
    [InlineData("[::1]", "http://[::1]:8086")]
    [InlineData("[::1]:8086", "http://[::1]:8086")]
    [InlineData("2001:db8::/33", "http://[2001:db8:7fff::1]:8086")]
    [InlineData("::ffff:10.0.0.1", "http://10.0.0.1:8086")]
    [InlineData("10.0.0.1", "http://[::ffff:10.0.0.1]:8086")]
    [InlineData("::ffff:10.0.0.0/104", "http://10.0.0.1:8086")]
    [InlineData("*.local,127.0.0.1:8086", "http://127.0.0.1:8086")]
    [InlineData("example.com", "http://example.com:8086")]
    [InlineData("example.com", "http://DB.Example.COM:8086")]
    [InlineData("example.com.", "http://example.com:8086")]
    [InlineData("example.com", "http://example.com.:8086")]
    [InlineData(".example.com", "http://db.example.com:8086")]
    [InlineData("*.example.com", "http://db.example.com:8086")]
    [InlineData("example.com:443", "https://example.com")]
    [InlineData("bücher.example", "http://xn--bcher-kva.example")]
    [InlineData("fe80::1", "http://[fe80::1%25eth0]:8086")]
    public void Matches_excluded_host_is_true(string noProxy, string url) => Assert.True(new NoProxyList(noProxy).Matches(new Uri(url)));

    [Theory]
    [InlineData("", "http://127.0.0.1:8086")]
    [InlineData("127.0.0.1", "http://127.0.0.2:8086")]
    [InlineData("127.0.0.0/8", "http://128.0.0.1:8086")]
    [InlineData("10.1.2.128/25", "http://10.1.2.127")]
    [InlineData("10.0.0.0/33", "http://10.0.0.1")]
    [InlineData("10.0.0.0/", "http://10.0.0.0")]
    [InlineData("127.0.0.1:8087", "http://127.0.0.1:8086")]
    [InlineData("2001:db8::/33", "http://[2001:db8:8000::1]:8086")]
    [InlineData("::/0", "http://10.0.0.1")]
    [InlineData("example.com", "http://badexample.com")]
    [InlineData(".example.com", "http://example.com")]
    [InlineData("*.example.com", "http://example.com")]
    [InlineData("example.com:443", "http://example.com")]
    [InlineData("exam*", "http://example.com")]
    [InlineData("127", "http://0.0.0.127")]
    [InlineData(".", "http://example.com")]
    [InlineData(":8086", "http://example.com:8086")]
    public void Matches_other_host_is_false(string noProxy, string url) => Assert.False(new NoProxyList(noProxy).Matches(new Uri(url)));

    [Fact]
    public void EnvironmentProxy_excluded_host_has_no_proxy()
    {
        EnvironmentProxy proxy = new(new WebProxy("http://proxy.invalid:3128"), "10.0.0.0/8");
        Assert.Null(proxy.GetProxy(new Uri("http://10.2.3.4:8086")));
        Assert.Equal(new Uri("http://proxy.invalid:3128"), proxy.GetProxy(new Uri("http://11.2.3.4:8086")));
    }
}
