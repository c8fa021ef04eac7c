using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using NsCollector.Linux.Interop;
using Tmds.Linux;

namespace NsCollector.Tests.Linux.Interop;

public class LibcImportsTests
{
    private const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    [Fact]
    public void Imports_of_the_C_library_are_all_in_one_file()
    {
        (Type, DllImportAttribute)[] imports = [.. Imports(typeof(Libc).Assembly).Where(import => import.Import.Value.StartsWith("libc", StringComparison.Ordinal))];

        Assert.NotEmpty(imports);
        Assert.All(imports, import =>
        {
            Assert.Equal((typeof(LibcImports), LibcImports.Library), (import.Item1, import.Item2.Value));
        });
    }

    [Fact]
    public void Imports_are_those_missing_in_the_package()
    {
        // Without SetLastError the reason for the failure of a call is lost.
        HashSet<string?> offered = [.. Imports(typeof(LibC).Assembly).Where(import => import.Import.SetLastError).Select(import => import.Import.EntryPoint)];

        Assert.Contains("pread", offered);
        Assert.All(Imports(typeof(LibcImports).Assembly).Where(import => import.Owner == typeof(LibcImports)),
            import => Assert.DoesNotContain(import.Import.EntryPoint, offered));
    }

    [Fact]
    public void Package_and_own_imports_name_the_same_library()
    {
        // So that native AOT links both directly. The package also imports from libdl.so.2 and libpthread.so.0, which the agent never calls.
        Assert.Equal(LibcImports.Library, Imports(typeof(LibC).Assembly).Single(import => import.Import.EntryPoint == "pread").Import.Value);
    }

    [Fact]
    public void Package_constants_are_properties_not_copied_by_the_compiler()
    {
        // The executable for arm64 is built on x86_64, against the package's reference assembly.
        Assert.DoesNotContain(typeof(LibC).GetFields(Any), field => field.IsLiteral && field.IsPublic);
        Assert.NotNull(typeof(LibC).GetProperty("O_DIRECTORY"));
    }

    [Fact]
    public void Constants_that_the_compiler_needs_equal_those_of_the_package()
    {
        FieldInfo[] constants = [.. typeof(Errno).GetFields(Any).Concat(typeof(Libc).GetFields(Any)).Where(field => field.IsLiteral)];
        int compared = 0;
        foreach (FieldInfo constant in constants)
        {
            if (typeof(LibC).GetProperty(constant.Name) is not { } property) continue;
            Assert.True(Equals(property.GetValue(null), constant.GetRawConstantValue()), constant.Name);
            compared++;
        }

        Assert.Equal(typeof(Errno).GetFields(Any).Length + 1, compared);
    }

    [Fact]
    public void O_DIRECTORY_and_O_NOFOLLOW_work_on_this_architecture()
    {
        using TemporaryDirectory directory = new();
        string file = directory.Write("file", ""), link = Path.Combine(directory.Path, "link");
        File.CreateSymbolicLink(link, file);

        Assert.Equal(-Errno.ENOTDIR, Libc.Openat(Libc.AT_FDCWD, WithNul(file), Libc.O_DIRECTORY));
        Assert.Equal(-Errno.ELOOP, Libc.Openat(Libc.AT_FDCWD, WithNul(link), Libc.O_NOFOLLOW));
    }

    private static byte[] WithNul(string path) => Encoding.UTF8.GetBytes(path + '\0');

    // LibraryImport leaves the DllImport on a method that the generator adds.
    private static IEnumerable<(Type Owner, DllImportAttribute Import)> Imports(Assembly assembly) =>
        from type in assembly.GetTypes()
        from method in type.GetMethods(Any)
        let import = method.GetCustomAttribute<DllImportAttribute>()
        where import is not null
        select (type, import);
}
