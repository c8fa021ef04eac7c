using System.Formats.Tar;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using NsCollector.PackageTests.Packages;

namespace NsCollector.PackageTests.Oci;

/// <summary>Checks that the image archive conforms to the specification, and that the image contains only what the agent needs.</summary>
[Collection("podman")]
public sealed class ImageTests
{
    private const UnixFileMode SetId = UnixFileMode.SetUser | UnixFileMode.SetGroup;

    [Fact]
    public void Blobs_have_their_digests_as_names_and_the_layer_matches()
    {
        ImageArchive image = ImageArchive.Read();
        Assert.Equal(3, image.Blobs.Count());
        Assert.All(image.Blobs, name => Assert.Equal(name, "blobs/" + image.DigestOf(name).Replace(':', '/')));
        JsonElement layers = image.Configuration.GetProperty("rootfs").GetProperty("diff_ids");
        Assert.Equal(ImageArchive.Digest(image.Layer()), Assert.Single(layers.EnumerateArray()).GetString());
        Assert.Single(image.Times);
    }

    [RequiresFact("skopeo", "git")]
    public void Skopeo_reads_version_and_commit_from_the_labels()
    {
        using JsonDocument inspected = JsonDocument.Parse(Command.Run("skopeo", "inspect", "oci-archive:" + ImageArchive.Path));
        JsonElement labels = inspected.RootElement.GetProperty("Labels");
        Assert.Equal(BuiltPackages.Version, labels.GetProperty("org.opencontainers.image.version").GetString());
        Assert.Equal("nscollector", labels.GetProperty("org.opencontainers.image.title").GetString());
        Assert.Equal("MIT", labels.GetProperty("org.opencontainers.image.licenses").GetString());
        string revision = labels.GetProperty("org.opencontainers.image.revision").GetString()!;
        Assert.Equal("commit", Command.Run("git", "-C", Repository.Root, "cat-file", "-t", revision));
    }

    [Fact]
    public void Image_runs_the_agent_as_root()
    {
        JsonElement configuration = ImageArchive.Read().Configuration.GetProperty("config");
        Assert.Equal("0:0", configuration.GetProperty("User").GetString());
        Assert.Equal("SIGTERM", configuration.GetProperty("StopSignal").GetString());
        Assert.Equal(["/usr/bin/nscollector"], configuration.GetProperty("Entrypoint").EnumerateArray().Select(word => word.GetString()));
        Assert.Equal(["run"], configuration.GetProperty("Cmd").EnumerateArray().Select(word => word.GetString()));
    }

    [Fact]
    public void Image_has_only_the_agent_and_loader_as_executables()
    {
        List<(TarEntry Entry, byte[] Data)> files = ImageArchive.Read().Files();
        Assert.DoesNotContain(files, file => (file.Entry.Mode & SetId) != 0);
        Assert.DoesNotContain(files, file => (file.Entry.Uid, file.Entry.Gid) != (0, 0));
        Assert.DoesNotContain(files, file => file.Entry.EntryType is TarEntryType.CharacterDevice or TarEntryType.BlockDevice or TarEntryType.Fifo);
        Assert.Equal(
            ["tmp"],
            files.Where(file => file.Entry.EntryType != TarEntryType.SymbolicLink && file.Entry.Mode.HasFlag(UnixFileMode.OtherWrite)).Select(file => Name(file.Entry)));

        string[] runnable = [.. files.Where(file => file.Entry.EntryType == TarEntryType.RegularFile && file.Entry.Mode.HasFlag(UnixFileMode.UserExecute) && !IsLibrary(file.Entry)).Select(file => Name(file.Entry))];
        Assert.Equal(["usr/lib/nscollector/nscollector"], runnable);
        Assert.DoesNotContain(files, file => file.Data.AsSpan().StartsWith("#!"u8));
        Assert.Equal(["usr/bin/nscollector"], files.Select(file => Name(file.Entry)).Where(name => name.Contains("bin/", StringComparison.Ordinal)));
    }

    [RequiresTheory("readelf")]
    [InlineData("x86_64")]
    [InlineData("arm64")]
    public void Image_has_every_needed_library(string architecture)
    {
        var architectureNames = new PackageNames(architecture);
        ImageArchive image = ImageArchive.Read(architectureNames);
        Assert.Equal(architectureNames.Debian, image.Configuration.GetProperty("architecture").GetString());
        List<(TarEntry Entry, byte[] Data)> files = image.Files();
        HashSet<string> names = [.. files.Select(file => Path.GetFileName(Name(file.Entry)))];
        string copy = Path.GetTempFileName();
        List<string> asked = [];
        try
        {
            foreach ((TarEntry entry, byte[] data) in files.Where(file => file.Data.AsSpan().StartsWith("\u007fELF"u8)))
            {
                File.WriteAllBytes(copy, data);
                asked.AddRange(Command.Run("readelf", "--dynamic", "--wide", copy).Split('\n')
                    .Where(line => line.Contains("(NEEDED)", StringComparison.Ordinal))
                    .Select(line => line.Split('[', ']')[1]));
            }
        }
        finally
        {
            File.Delete(copy);
        }

        Assert.Contains("libz.so.1", asked);
        Assert.Contains("libssl.so.3", names);
        Assert.DoesNotContain(asked, library => !names.Contains(library));
    }

    [Fact]
    public void Image_has_readable_ca_certificates()
    {
        byte[] bundle = ImageArchive.Read().Files().Single(file => Name(file.Entry) == "etc/ssl/certs/ca-certificates.crt").Data;
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(Encoding.ASCII.GetString(bundle));
        Assert.True(authorities.Count > 100, $"{authorities.Count} certificates");
        Assert.Contains(authorities, authority => authority.Subject.Contains("ISRG Root X1", StringComparison.Ordinal));
    }

    [RequiresTheory("podman", "apt-get", "git")]
    [InlineData("x86_64")]
    [InlineData("arm64")]
    public void Image_built_twice_has_the_same_bytes(string architecture)
    {
        string directory = Directory.CreateTempSubdirectory("nscollector-oci-").FullName;
        try
        {
            string[] made = [Path.Combine(directory, "one.tar"), Path.Combine(directory, "two.tar")];
            foreach (string output in made)
                Command.Run(Path.Combine(Repository.Root, "packaging", "oci", "build"), "--arch", architecture, "--output", output);
            Assert.Equal(ImageArchive.Digest(File.ReadAllBytes(made[0])), ImageArchive.Digest(File.ReadAllBytes(made[1])));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [PodmanFact]
    public void Container_of_image_prints_the_version_and_has_no_shell()
    {
        using var podman = new PodmanEngine("vfs");
        podman.Podman("load", "--quiet", "--input", ImageArchive.Path);
        string[] run = ["run", "--rm", "--network", "none", "--read-only", "--cap-drop", "all"];
        Assert.StartsWith($"nscollector {BuiltPackages.Version}\n", podman.Podman([.. run, ImageArchive.Name, "version"]), StringComparison.Ordinal);
        foreach (string shell in new[] { "sh", "/bin/sh", "bash" })
        {
            InvalidOperationException refused = Assert.Throws<InvalidOperationException>(() => podman.Podman([.. run, "--entrypoint", shell, ImageArchive.Name, "-c", "true"]));
            Assert.Contains("exited with status 127", refused.Message);
        }
    }

    private static string Name(TarEntry entry) => entry.Name.Trim('/');

    // The loader is a library and can be executed too.
    private static bool IsLibrary(TarEntry entry) => Path.GetFileName(entry.Name).Contains(".so", StringComparison.Ordinal);
}
