using System.Diagnostics;

namespace CredentialBroker.Storage;

/// <summary>
/// Names the moments between which a crash must be survived: before and after each commit and each call to a target.
/// The crash tests stop the process at each of them;
/// where a trace is under way, the commits among them become its spans.
/// </summary>
internal static class Milestones
{
    /// <summary>Name of the listener.</summary>
    public const string Source = "CredentialBroker.Milestones";

    private static readonly DiagnosticListener Listener = new(Source);

    public static void Reach(string name)
    {
        if (Listener.IsEnabled()) Listener.Write(name, null);
        Spans.Reached(name);
    }
}
