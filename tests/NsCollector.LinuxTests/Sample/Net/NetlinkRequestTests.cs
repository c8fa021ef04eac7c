using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Netlink;
using NsCollector.LinuxTests.Fixtures;

namespace NsCollector.LinuxTests.Sample.Net;

/// <summary>Property: the answers are those of the namespace that was asked, and the thread is in its own one afterwards.</summary>
[Collection(NamespaceTests.Name)]
public sealed class NetlinkRequestTests : IDisposable
{
    private const int NETLINK_ROUTE = 0;
    private const ushort RTM_NEWLINK = 16, RTM_GETLINK = 18, IFLA_IFNAME = 3;
    private const int IfinfomsgBytes = 16;

    private readonly NamespaceProcess _process = NamespaceProcess.Start();

    public void Dispose() => _process.Dispose();

    [Fact]
    public void Dump_inside_has_interfaces_of_ip_and_thread_comes_home()
    {
        string marked = _process.Mark();
        NetlinkRequest request = DumpOfLinks(1 << 16);
        Assert.Equal(0, request.SendInside(_process.Directory.Descriptor, _process.NetInode));
        string[] inside = NamesOf(request);
        Assert.Contains(marked, inside);
        Assert.Equal(Ip(_process.Run("ip", "-j", "link")), inside);
        Assert.False(request.IsTruncated);

        Assert.Equal(0, request.SendHere());
        Assert.Equal(Ip(Command.Run("ip", "-j", "link")), NamesOf(request));
    }

    [Fact]
    public void Small_buffer_has_first_messages_and_says_so()
    {
        _process.Mark();
        NetlinkRequest request = DumpOfLinks(2048);
        Assert.Equal(0, request.SendInside(_process.Directory.Descriptor, _process.NetInode));
        Assert.True(request.IsTruncated);
        Assert.Equal(["lo"], NamesOf(request));
    }

    [Fact]
    public void Acknowledged_request_has_answer_or_error_of_kernel()
    {
        var request = new NetlinkRequest(NETLINK_ROUTE, RTM_GETLINK, NetlinkRequest.Acknowledge, new byte[IfinfomsgBytes], 8192);
        MemoryMarshal.Write(request.Body[4..], 1);
        Assert.Equal(0, request.SendInside(_process.Directory.Descriptor, _process.NetInode));
        Assert.Equal(["lo"], NamesOf(request));
        MemoryMarshal.Write(request.Body[4..], 999_999);
        Assert.Equal(-Errno.ENODEV, request.SendInside(_process.Directory.Descriptor, _process.NetInode));
        Assert.Empty(NamesOf(request));
    }

    [Fact]
    public void Other_namespace_or_exited_process_is_not_entered()
    {
        NetlinkRequest request = DumpOfLinks(1 << 16);
        Assert.Equal(0, request.SendHere());
        Assert.Equal(-Errno.ESRCH, request.SendInside(_process.Directory.Descriptor, _process.NetInode + 1));
        Assert.Empty(NamesOf(request));
        ulong inode = _process.NetInode;
        _process.Kill();
        Assert.Equal(-Errno.ESRCH, request.SendInside(_process.Directory.Descriptor, inode));
    }

    private static NetlinkRequest DumpOfLinks(int answerBytes) =>
        new(NETLINK_ROUTE, RTM_GETLINK, NetlinkRequest.Dump, new byte[IfinfomsgBytes], answerBytes);

    private static string[] NamesOf(NetlinkRequest request)
    {
        var names = new List<string>();
        NetlinkMessages messages = request.Answer;
        while (messages.MoveNext())
        {
            if (messages.Type != RTM_NEWLINK) continue;
            NetlinkAttributes attributes = NetlinkAttributes.After(messages.Payload, IfinfomsgBytes);
            while (attributes.MoveNext())
            {
                if (attributes.Type == IFLA_IFNAME) names.Add(Encoding.UTF8.GetString(attributes.Value).TrimEnd('\0'));
            }
        }

        return [.. names];
    }

    private static string[] Ip(string json)
    {
        using JsonDocument links = JsonDocument.Parse(json);
        return [.. links.RootElement.EnumerateArray().Select(link => link.GetProperty("ifname").GetString()!)];
    }
}
