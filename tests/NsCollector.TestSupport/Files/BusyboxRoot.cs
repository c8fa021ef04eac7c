namespace NsCollector.TestSupport.Files;

/// <summary>The root file system of a container with a static busybox.</summary>
public static class BusyboxRoot
{
    /// <summary>Makes it, with a link for each applet.</summary>
    /// <param name="directory">Its path; the directory may exist.</param>
    public static void Make(string directory)
    {
        foreach (string name in (string[])["bin", "dev", "etc", "proc", "sys", "tmp"]) Directory.CreateDirectory(Path.Combine(directory, name));
        string busybox = Command.Find("busybox")!;
        File.Copy(busybox, Path.Combine(directory, "bin/busybox"), overwrite: true);
        foreach (string applet in Command.Run(busybox, "--list").Split('\n').Where(applet => applet != "busybox"))
            File.CreateSymbolicLink(Path.Combine(directory, "bin", applet), "busybox");
    }
}
