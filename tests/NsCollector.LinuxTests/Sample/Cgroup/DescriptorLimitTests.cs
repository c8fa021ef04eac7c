using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Cgroup;

/// <summary>Lowers the descriptor limit of the whole process, so no other test may run at the same time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class DescriptorLimitTests
{
    private const string Name = "The process's descriptor limit";

    [Collection(Name)]
    public sealed class Tests
    {
        [Fact]
        public void Read_without_free_descriptor_succeeds()
        {
            using var group = new TestCgroup();
            group.Start("while :; do :; done");
            Eventually.True(() => group.Number("cpuacct", "cpuacct.usage") > 0, "the shell to run in the cgroup", patience: TimeSpan.FromSeconds(60));
            var counters = new AgentCounters();
            var sample = new ContainerSample();
            var roots = new HostRoots();
            using var sampler = new CgroupSampler(CgroupMounts.Find(roots), roots, new SampleOptions(), counters, NullLogger.Instance);
            ContainerCgroup cgroup = sampler.Open(new Container(1, new ContainerIdentity(ContainerRuntime.Cgroup, group.Path), group.Path, null));
            Assert.Equal(0, Libc.Getrlimit(Libc.RLIMIT_NOFILE, out Libc.Rlimit limit));

            // No number below the limit is free: an open fails with EMFILE until a descriptor is closed. Run the finalizers of
            // earlier tests first, because they would close descriptors meanwhile.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            int highest = Directory.GetFiles("/proc/self/fd").Max(f => int.Parse(Path.GetFileName(f)));
            var filling = new List<int>();
            try
            {
                for (int d; (d = Libc.Openat(Libc.AT_FDCWD, "/\0"u8, Libc.O_PATH)) >= 0 && d <= highest;) filling.Add(d);
                Assert.Equal(0, Libc.Setrlimit(Libc.RLIMIT_NOFILE, limit with { Soft = (ulong)highest + 1 }));
                Assert.Equal(-Errno.EMFILE, Libc.Openat(Libc.AT_FDCWD, "/\0"u8, Libc.O_PATH));
                for (int i = 0; i < 2; i++)
                {
                    sample.Clear();
                    sampler.Read(cgroup, sample, Environment.TickCount64 * 1_000_000);
                }
            }
            finally
            {
                Libc.Setrlimit(Libc.RLIMIT_NOFILE, limit);
                foreach (int descriptor in filling) Libc.Close(descriptor);
            }

            Assert.True(sample.Scalars[Reading.CpuUsageNs] > 0);
            Assert.True(sample.Scalars.Has(Reading.MemoryAnonBytes));
            Assert.True(sample.Scalars.Has(Reading.PidsCurrent));
            Assert.Equal(0, sampler.HeldFiles);
            Assert.Equal(0, counters[AgentCounter.ReadErrors]);
            Assert.True(counters[AgentCounter.FilesOverBudget] > 10);
        }
    }
}
