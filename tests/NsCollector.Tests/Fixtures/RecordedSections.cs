using System.Text;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Tests.Sample.Cgroup;

namespace NsCollector.Tests.Fixtures;

/// <summary>An embedded file whose sections begin with <c>== NAME</c>.</summary>
internal static class RecordedSections
{
    /// <summary>The text of each section, by name.</summary>
    /// <param name="resource">The name of the resource: <c>Telegraf/v1-disk-20.txt</c>.</param>
    public static Dictionary<string, string> Read(string resource)
    {
        Dictionary<string, string> sections = [];
        var text = new StringBuilder();
        string? section = null;
        foreach (string line in Text(resource).TrimEnd('\n').Split('\n'))
        {
            if (!line.StartsWith("== ", StringComparison.Ordinal))
            {
                text.Append(line).Append('\n');
                continue;
            }

            if (section is not null) sections[section] = text.ToString();
            section = line[3..];
            text.Clear();
        }

        sections[section!] = text.ToString();
        return sections;
    }

    /// <summary>The whole text.</summary>
    public static string Text(string resource)
    {
        using Stream stream = typeof(RecordedSections).Assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>The sections of a recording, and the text of the last one, which is what a peer answered.</summary>
    public static (Dictionary<string, string> Sections, string Answer) ReadAnswer(string resource)
    {
        Dictionary<string, string> sections = Read(resource);
        sections.Remove(sections.Keys.Last(), out string? answer);
        return (sections, answer!);
    }

    /// <summary>Reads the sample of a container from files of the kernel.</summary>
    /// <param name="host">Receives the files.</param>
    /// <param name="files">The files; those that are not of a cgroup are ignored.</param>
    public static ContainerSample Sample(CgroupFixture host, Dictionary<string, string> files)
    {
        host.Write("proc/meminfo", files["meminfo"]);
        bool isV2 = files.ContainsKey("unified/memory.current");
        foreach ((string name, string text) in files)
        {
            int slash = name.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0 || name == "net/dev") continue;
            string hierarchy = isV2 ? "" : "/" + name[..slash];
            host.Write($"cgroup{hierarchy}{CgroupFixture.ContainerPath}{name[slash..]}", text);
            if (name.EndsWith("cgroup.controllers", StringComparison.Ordinal)) host.Write($"cgroup{hierarchy}/cgroup.controllers", text);
        }

        using CgroupSampler sampler = host.NewSampler();
        ContainerCgroup cgroup = sampler.Open(CgroupFixture.NewContainer());
        Assert.Equal(CgroupReadResult.Complete, sampler.Read(cgroup, host.Sample, 1_000_000_000_000));
        sampler.Close(cgroup);
        return host.Sample;
    }
}
