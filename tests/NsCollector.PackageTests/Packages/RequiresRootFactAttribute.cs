namespace NsCollector.PackageTests.Packages;

/// <summary>A test that also needs root: it mounts, or becomes another user.</summary>
internal sealed class RequiresRootFactAttribute : FactAttribute
{
    public RequiresRootFactAttribute(params string[] programs) =>
        Skip = new RequiresProgramsFactAttribute(programs).Skip ?? (Environment.UserName == "root" ? null : "needs root: it mounts, or becomes another user");
}
