using CredentialBroker.Approvals.Intake;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.Prompts;

/// <summary>The own state of one source, which is what counts.</summary>
internal interface ISourceState
{
    /// <param name="prompt">As the format of this source wrote it.</param>
    Task<Looked> LookAsync(string prompt, CancellationToken cancel);
}

/// <summary>What a source's own state says about a prompt.</summary>
internal abstract record Looked
{
    private Looked() { }

    internal sealed record Says(ApprovalDocument Document) : Looked;

    internal sealed record Refuses(Refusal Refusal) : Looked;

    /// <summary>Nothing was decided, and nobody claimed that anything was.</summary>
    internal sealed record Nothing : Looked;

    /// <summary>It could not be read, or is not there yet: look again.</summary>
    internal sealed record Unknown(string Fault, TimeSpan? Wait = null) : Looked;

    public static Looked Refused(string code, string detail) => new Refuses(new Refusal(code, detail));
}
