using System.Globalization;
using NsCollector.GuestTests.Service;

namespace NsCollector.GuestTests;

/// <summary>
/// The agent as systemd runs it in the guest, with the test's drop-in in conf.d. Disposing stops it, and removes the drop-in and
/// what it wrote.
/// </summary>
internal sealed class InstalledAgent : IDisposable
{
    private const string DropIn = "/etc/nscollector/conf.d/90-test.conf";

    private readonly Guest _guest;
    private readonly List<Point> _points = [];
    private long _read;

    /// <summary>
    /// Starts it with a cycle and a reading of limits each second, or <paramref name="interval"/> and
    /// <paramref name="limitsInterval"/>, and waits until systemd has started it. <paramref name="configuration"/> continues the
    /// section [cgroup] and may add sections.
    /// </summary>
    public InstalledAgent(Guest guest, string configuration = "", string interval = "1s", string limitsInterval = "1s")
    {
        _guest = guest;
        try
        {
            // One command, because each costs an emulated processor a tenth of a second and more.
            guest.Run(
                $"[ ! -e /sys/fs/cgroup{Unit.Cgroup} ] || systemctl stop nscollector.service; mkdir -p {Path.GetDirectoryName(DropIn)}; cat > {DropIn}; rm -f {Unit.MetricsPath}*; systemctl start nscollector.service || {{ systemctl status --no-pager -n 50 nscollector.service >&2; false; }}",
                $"[agent]\ninterval = {interval}\n[cgroup]\nlimits_interval = {limitsInterval}\n{configuration}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Its log since its start.</summary>
    public string Log => _guest.Run("journalctl --no-pager -o cat -u nscollector.service _SYSTEMD_INVOCATION_ID=$(systemctl show -P InvocationID nscollector.service)");

    /// <summary>All points that it has written so far.</summary>
    public List<Point> Points
    {
        get
        {
            // Run removes the last newline, which shows whether the last line is complete; so print a dot after it.
            string text = _guest.Run($"tail -c +{(_read + 1).ToString(CultureInfo.InvariantCulture)} {Unit.MetricsPath} 2> /dev/null; echo .")[..^1];
            int whole = text.LastIndexOf('\n') + 1;
            _points.AddRange(StrictParser.ParseAll(text[..whole]));
            _read += System.Text.Encoding.UTF8.GetByteCount(text.AsSpan(0, whole));
            return _points;
        }
    }

    /// <summary>
    /// Waits for the first sample of a container after a time of the guest's clock, and returns all its points, which have the same
    /// time.
    /// </summary>
    public Sample AwaitSample(string containerId, long afterNs)
    {
        Point? info = null;
        Guest.Await(
            () => (info = Points.FirstOrDefault(point => point.Measurement == "container_info" && point.TimestampNs > afterNs && point.Text("container_id") == containerId)) is not null
                // A batch may end between the points of a container.
                && _points[^1].TimestampNs > info.TimestampNs,
            $"a sample of {containerId} after {afterNs}",
            () => Log);
        return new Sample([.. _points.Where(point => point.TimestampNs == info!.TimestampNs && point.Container == info.Container)]);
    }

    /// <inheritdoc/>
    public void Dispose() => _guest.Run($"systemctl stop nscollector.service; rm -f {DropIn} {Unit.MetricsPath}*");
}
