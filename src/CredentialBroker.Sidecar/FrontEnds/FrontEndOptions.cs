using CredentialBroker.Sidecar.Configuration;
using CredentialBroker.Sidecar.FrontEnds.AwsContainer;
using CredentialBroker.Sidecar.FrontEnds.Local;
using CredentialBroker.Sidecar.FrontEnds.Postgres;

namespace CredentialBroker.Sidecar.FrontEnds;

/// <summary>What hands credentials out; one that is absent is off.</summary>
internal sealed class FrontEndOptions
{
    /// <summary>The sidecar's own endpoint on a unix socket, and the one that its commands ask.</summary>
    public LocalOptions? Local { get; set; }

    /// <summary>AWS container credentials.</summary>
    public AwsContainerOptions? AwsContainer { get; set; }

    /// <summary>PostgreSQL's password and service files.</summary>
    public PostgresOptions? Postgres { get; set; }

    public void Validate(Mistakes mistakes, IReadOnlyDictionary<string, LeaseOptions> leases)
    {
        Local?.Validate(mistakes.Below(nameof(Local)));
        AwsContainer?.Validate(mistakes.Below(nameof(AwsContainer)), leases);
        Postgres?.Validate(mistakes.Below(nameof(Postgres)), leases);
    }
}
