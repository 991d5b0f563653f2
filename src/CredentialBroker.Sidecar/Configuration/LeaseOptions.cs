using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Sidecar.Configuration;

/// <summary>One lease that is held for the workload; its key is the name that front ends call it by.</summary>
internal sealed class LeaseOptions
{
    /// <summary>The template to claim.</summary>
    public string Template { get; set; } = "";

    /// <summary>Wanted life, at most the template's; absent asks for the template's.</summary>
    public TimeSpan? Ttl { get; set; }

    /// <summary>Scopes of the template; empty asks for all that it grants.</summary>
    public List<string> Scopes { get; set; } = [];

    /// <summary>Values for parameters of the scopes.</summary>
    public Dictionary<string, string> Parameters { get; set; } = [];

    /// <summary>One line for the audit record, such as a ticket.</summary>
    public string? Purpose { get; set; }

    /// <summary>File with the approval's nonce, where the approval is bound by one; read at each claim.</summary>
    public string? NonceFile { get; set; }

    public void Validate(Mistakes mistakes)
    {
        mistakes.DemandName(Template, nameof(Template));
        mistakes.Demand(Ttl is null || Ttl >= TimeSpan.FromSeconds(1), nameof(Ttl), "at least 1s");
        mistakes.Demand(Purpose is null or { Length: <= 256 } && Purpose?.Any(char.IsControl) != true, nameof(Purpose), "one line of at most 256 characters");
        if (NonceFile is not null) mistakes.DemandPath(NonceFile, nameof(NonceFile));
    }

    public ClaimRequest Request(string? nonce) => new(Template, Wanted, IntentOf(), nonce);

    public string? Wanted => Ttl is { } ttl ? Durations.Format(ttl) : null;

    private Intent? IntentOf() => Scopes.Count == 0 && Parameters.Count == 0 && Purpose is null
        ? null
        : new Intent(Scopes.Count == 0 ? null : Scopes, Parameters.Count == 0 ? null : Parameters, Purpose);
}
