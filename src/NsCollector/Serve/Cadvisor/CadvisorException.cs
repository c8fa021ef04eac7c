namespace NsCollector.Serve.Cadvisor;

/// <summary>A request that cannot be answered. The message is the body of the answer, as cAdvisor words it.</summary>
/// <param name="message">The message.</param>
/// <param name="status">The status: cAdvisor answers nearly every error with 500.</param>
internal sealed class CadvisorException(string message, int status = 500) : Exception(message)
{
    /// <summary>The status.</summary>
    internal int Status { get; } = status;
}
