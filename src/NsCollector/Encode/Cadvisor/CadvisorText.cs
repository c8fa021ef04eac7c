using System.Text;

namespace NsCollector.Encode.Cadvisor;

/// <summary>Texts as cAdvisor's API writes them.</summary>
internal static class CadvisorText
{
    /// <summary>A hostile text as valid Unicode, because a JSON writer refuses any other.</summary>
    internal static string Valid(string text)
    {
        foreach (char one in text)
        {
            if (char.IsSurrogate(one)) return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
        }

        return text;
    }

    /// <summary>Hostile bytes of the kernel as text; what is not UTF-8 becomes U+FFFD.</summary>
    internal static string Valid(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text);
}
