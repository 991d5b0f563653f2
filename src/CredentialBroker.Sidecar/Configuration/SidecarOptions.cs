using CredentialBroker.Sidecar.FrontEnds;
using CredentialBroker.Sidecar.Identity;

namespace CredentialBroker.Sidecar.Configuration;

/// <summary>The whole configuration of one sidecar: one workload, the leases it holds, and the dialects it hands them out in.</summary>
internal sealed class SidecarOptions
{
    /// <summary>Where the broker is.</summary>
    public BrokerOptions Broker { get; set; } = new();

    /// <summary>How the workload proves who it is.</summary>
    public IdentityOptions Identity { get; set; } = new();

    /// <summary>The leases that are held, by name.</summary>
    public Dictionary<string, LeaseOptions> Leases { get; set; } = [];

    /// <summary>How leases are kept.</summary>
    public LifeOptions Life { get; set; } = new();

    /// <summary>What hands credentials out; one that is absent is off.</summary>
    public FrontEndOptions FrontEnds { get; set; } = new();

    /// <summary>What may be said on the command line and in the environment, where the file does not say it.</summary>
    public void FillFrom(Surroundings around)
    {
        Broker.Address ??= around.Variable("CREDBROKER_ADDR");
        Broker.CaFile ??= around.Variable("CREDBROKER_CA_FILE");
        Identity.FillFrom(around);
    }

    public IReadOnlyList<string> Validate()
    {
        var mistakes = new Mistakes();
        Broker.Validate(mistakes.Below(nameof(Broker)));
        Identity.Validate(mistakes.Below(nameof(Identity)));
        mistakes.Demand(Leases.Count > 0, nameof(Leases), "name at least one lease");
        foreach (var (name, lease) in Leases)
        {
            var below = mistakes.Below(nameof(Leases));
            below.Demand(name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'), name, "a lease is named with letters, digits, - and _");
            lease.Validate(below.Below(name));
        }

        Life.Validate(mistakes.Below(nameof(Life)));
        FrontEnds.Validate(mistakes.Below(nameof(FrontEnds)), Leases);
        return mistakes.All;
    }
}
