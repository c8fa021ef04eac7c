using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;

namespace NsCollector.TestSupport.Cri;

/// <summary>A container image of one layer with a static busybox and other static programs, in the format of <c>docker save</c>.</summary>
public static class ContainerImage
{
    private const UnixFileMode Executable = (UnixFileMode)0b111_101_101;

    /// <summary>Writes the archive.</summary>
    /// <param name="path">The path of the archive.</param>
    /// <param name="name">The name of the image, with its tag.</param>
    /// <param name="entrypoint">The default command of its containers.</param>
    /// <param name="programs">The other programs, with their paths in the image.</param>
    public static void Write(string path, string name, string[] entrypoint, params (string Path, string File)[] programs)
    {
        byte[] layer = Layer(programs);
        // The digest of the configuration is the image's id, so images with different entry points are different images.
        byte[] configuration = JsonSerializer.SerializeToUtf8Bytes(new
        {
            architecture = Command.Run("sh", "-c", "case $(uname -m) in x86_64) echo amd64;; aarch64) echo arm64;; *) uname -m;; esac"),
            os = "linux",
            config = new { Entrypoint = entrypoint, Env = new[] { "PATH=/bin" } },
            rootfs = new { type = "layers", diff_ids = new[] { "sha256:" + Convert.ToHexStringLower(SHA256.HashData(layer)) } },
        });
        byte[] manifest = JsonSerializer.SerializeToUtf8Bytes(new[]
        {
            new { Config = "config.json", RepoTags = new[] { name }, Layers = new[] { "layer.tar" } },
        });

        using var archive = new TarWriter(File.Create(path), TarEntryFormat.Ustar);
        Add(archive, "config.json", configuration);
        Add(archive, "layer.tar", layer);
        Add(archive, "manifest.json", manifest);
    }

    private static byte[] Layer((string Path, string File)[] programs)
    {
        using var stream = new MemoryStream();
        using (var layer = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (string directory in new[] { "bin", "dev", "etc", "proc", "sys", "tmp" })
                layer.WriteEntry(new UstarTarEntry(TarEntryType.Directory, directory + "/") { Mode = Executable });
            string busybox = Command.Find("busybox")!;
            Add(layer, "bin/busybox", File.ReadAllBytes(busybox));
            foreach (string applet in Command.Run(busybox, "--list").Split('\n').Where(applet => applet != "busybox"))
                layer.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "bin/" + applet) { LinkName = "busybox" });
            foreach ((string path, string file) in programs)
                Add(layer, path, File.ReadAllBytes(file));
        }

        return stream.ToArray();
    }

    private static void Add(TarWriter archive, string path, byte[] bytes) =>
        archive.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, path) { Mode = Executable, DataStream = new MemoryStream(bytes) });
}
