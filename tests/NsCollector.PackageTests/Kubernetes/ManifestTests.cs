using NsCollector.PackageTests.Oci;
using NsCollector.PackageTests.Packages;

namespace NsCollector.PackageTests.Kubernetes;

/// <summary>Checks the manifests with the types of the Kubernetes API and with yamllint.</summary>
public sealed class ManifestTests
{
    private static readonly string Here = Path.Combine(Repository.Root, "tests", "NsCollector.PackageTests", "Kubernetes");

    /// <summary>The manifest.</summary>
    internal static string Manifest => Path.Combine(Repository.Root, "packaging", "kubernetes", "daemonset.yaml");

    [RequiresFact("node", "npm")]
    public void Every_manifest_object_is_valid()
    {
        (int status, string output, string errors) = Lint(Manifest);
        Assert.True(status == 0, errors);
        Assert.Equal("4 objects\n", output);
        (status, output, errors) = Lint(OfOperator("podmonitor.yaml"), OfOperator("rules.yaml"));
        Assert.True(status == 0, errors);
        Assert.Equal("2 objects\n", output);
    }

    [Fact]
    public void PodMonitor_selects_the_port_and_the_token_of_the_DaemonSet()
    {
        string monitor = File.ReadAllText(OfOperator("podmonitor.yaml")), manifest = File.ReadAllText(Manifest);
        Assert.Contains("- port: metrics\n", monitor, StringComparison.Ordinal);
        Assert.Contains("- name: metrics\n              containerPort: 9469\n", manifest, StringComparison.Ordinal);
        Assert.Contains("name: nscollector\n          key: scrape.token\n", monitor, StringComparison.Ordinal);
        Assert.Contains("token_file = /etc/nscollector/credentials/scrape.token\n", manifest, StringComparison.Ordinal);
    }

    [RequiresTheory("node", "npm")]
    [InlineData("hostPID:", "hostPid:", "hostPid")]
    [InlineData("memory: 256Mi", "memory: 256Zi", "limits/memory")]
    [InlineData("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: \"yes\"", "readOnlyRootFilesystem")]
    [InlineData("mountPropagation: HostToContainer", "mountPropagation: HostToPod", "mountPropagation")]
    [InlineData("mountPath: /host/run", "path: /host/run", "mountPath")]
    [InlineData("maxUnavailable", "maxUnavailble", "maxUnavailble")]
    [InlineData("apiVersion: apps/v1", "apiVersion: apps/v3", "apps/v3")]
    public void Invalid_object_is_rejected(string right, string wrong, string named)
    {
        string text = File.ReadAllText(Manifest);
        Assert.Contains(right, text);
        string broken = Path.GetTempFileName();
        try
        {
            File.WriteAllText(broken, text.Replace(right, wrong, StringComparison.Ordinal));
            (int status, _, string errors) = Lint(broken);
            Assert.Equal(1, status);
            Assert.Contains(named, errors);
        }
        finally
        {
            File.Delete(broken);
        }
    }

    [RequiresFact("yamllint")]
    public void Yamllint_reports_nothing()
    {
        string directory = Path.GetDirectoryName(Manifest)!;
        (int status, string output, _) = Command.Try("yamllint", "--strict", "--config-file", Path.Combine(directory, ".yamllint"), directory);
        Assert.True(status == 0, output);
    }

    [Fact]
    public void Manifest_names_this_version_and_disables_service_links()
    {
        var manifest = new DaemonSet(Manifest);
        Assert.Equal(ImageArchive.Name, manifest.Image);
        Assert.Contains($"newTag: {BuiltPackages.Version}\n", File.ReadAllText(Path.Combine(Path.GetDirectoryName(Manifest)!, "kustomization.yaml")));
        Assert.False(manifest.ServiceLinks);
        Assert.Equal(["ALL"], manifest.Dropped);
    }

    private static string OfOperator(string name) => Path.Combine(Path.GetDirectoryName(Manifest)!, "prometheus", name);

    private static (int Status, string Output, string Errors) Lint(params string[] manifests)
    {
        // Installs the versions of the lock file, once.
        string installed = Path.Combine(Here, "node_modules", ".package-lock.json");
        if (!File.Exists(installed) || File.GetLastWriteTimeUtc(installed) < File.GetLastWriteTimeUtc(Path.Combine(Here, "package-lock.json")))
            Command.Run("npm", "ci", "--prefix", Here, "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries", "5");
        return Command.Try("node", [Path.Combine(Here, "lint.mjs"), .. manifests]);
    }
}
