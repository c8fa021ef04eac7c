using System.Text;
using Microsoft.Win32.SafeHandles;
using NsCollector.Linux.Interop;

namespace NsCollector.LinuxTests.Deliver;

/// <summary>
/// Reads a file by name as tailers do, as fast as it can: every byte once, lines as far as the last LF, the rest kept until
/// its LF comes; another file at the path is begun from its start after the last one was read to its end, and the half line
/// that one may have ended in is forgotten. It keeps its place even if the file shrinks, unless it becomes empty, so it
/// would put together what a careless writer had torn.
/// </summary>
internal sealed class Tailer : IDisposable
{
    private readonly string _path;
    private readonly Thread _thread;
    private readonly byte[] _block = new byte[256 * 1024];
    private readonly List<byte> _partial = [];
    private volatile bool _stopping;
    private SafeFileHandle? _file;
    private ulong _inode;
    private long _position;

    public Tailer(string path)
    {
        _path = path;
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>All lines in the order read; complete after <see cref="Finish"/>.</summary>
    public List<(int Writer, long Number)> Lines { get; } = [];

    public List<string> Torn { get; } = [];

    public volatile int LineCount;

    /// <summary>Waits until all that is at the path, half a line at its end included, has been read.</summary>
    public void CatchUp()
    {
        Assert.True(SpinWait.SpinUntil(
            () => Libc.Statx(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(_path + "\0"), out FileStatus atPath) == 0
                && atPath.Inode == Volatile.Read(ref _inode) && atPath.Size == Volatile.Read(ref _position),
            TimeSpan.FromSeconds(60)));
    }

    /// <summary>Reads what is left and ends.</summary>
    public void Finish()
    {
        _stopping = true;
        _thread.Join();
    }

    public void Dispose()
    {
        Finish();
        _file?.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            bool last = _stopping;
            Look();
            if (last) return;
        }
    }

    private void Look()
    {
        int error = Libc.Statx(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(_path + "\0"), out FileStatus atPath);
        if (_file is not null) ReadToEnd();
        if (error < 0 || (_file is not null && atPath.Inode == _inode)) return;
        try
        {
            SafeFileHandle next = System.IO.File.OpenHandle(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            // Whatever came between the last look and the change of the name.
            if (_file is not null) ReadToEnd();
            _file?.Dispose();
            _file = next;
            Assert.Equal(0, Libc.Statx((int)next.DangerousGetHandle(), "\0"u8, out FileStatus opened));
            _position = 0;
            _partial.Clear();
            Volatile.Write(ref _inode, opened.Inode);
            ReadToEnd();
        }
        catch (IOException)
        {
        }
    }

    private void ReadToEnd()
    {
        int n;
        while ((n = RandomAccess.Read(_file!, _block, _position)) > 0)
        {
            _position += n;
            _partial.AddRange(_block.AsSpan(0, n));
            int end = _partial.LastIndexOf((byte)'\n') + 1;
            if (end == 0) continue;
            foreach (string line in Encoding.Latin1.GetString([.. _partial[..end]]).Split('\n')[..^1])
            {
                if (NumberedLine.Check(line, out int writer, out long number) is { } wrong) Torn.Add(wrong);
                else Lines.Add((writer, number));
                LineCount++;
            }
            _partial.RemoveRange(0, end);
        }
        if (RandomAccess.GetLength(_file!) == 0)
        {
            _position = 0;
            _partial.Clear();
        }
    }
}
