using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Deliver.File;
using NsCollector.Encode.Batches;

// PATH WRITER ROTATE_BYTES: writes lines numbered from 1 as fast as the file takes them and says on standard output which
// number was the last that the sink counted as sent. Ends only by being killed.
string path = args[0];
int writer = int.Parse(args[1], CultureInfo.InvariantCulture);
long rotateBytes = long.Parse(args[2], CultureInfo.InvariantCulture);

FileSinkOptions options = new()
{
    Name = "numbered", Path = path, RotateBytes = rotateBytes, RotateKeep = 10_000, QueueBytes = 8 * 1024 * 1024,
    RetryInterval = TimeSpan.FromMilliseconds(20), RotateQuiet = TimeSpan.Zero,
};
using FileSink sink = new(options, NullLogger.Instance);
BatchPool pool = new(256 * 1024);
sink.Start();

using Stream output = Console.OpenStandardOutput();
long number = 1, said = 0;
while (true)
{
    Batch batch = pool.Rent();
    while (batch.Length + 1024 < batch.Buffer.Length)
    {
        batch.Length += NumberedLine.Write(batch.Buffer.AsSpan(batch.Length), writer, number++);
        batch.Points++;
    }
    batch.EndsCycle = true;
    while (sink.Counters.QueuedBytes > 4 * 1024 * 1024) Thread.Yield();
    sink.Enqueue(batch);
    batch.Release();
    long sent = sink.Counters.SentPoints;
    if (sent == said) continue;
    said = sent;
    output.Write(BitConverter.GetBytes(sent));
}
