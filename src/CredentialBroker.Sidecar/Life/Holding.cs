using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Sidecar.Life;

/// <summary>What is held of one lease at this moment.</summary>
internal abstract record Holding
{
    private Holding() { }

    /// <param name="Lease">The lease as the broker last told it.</param>
    /// <param name="ObtainedAt">When this credential came, by this machine's clock.</param>
    /// <param name="ExpiresAt">When it is over, by this machine's clock.</param>
    /// <param name="Delivery">How its template lets it be handed on, where it says.</param>
    internal sealed record Held(LeaseView Lease, Credential Credential, DateTimeOffset ObtainedAt, DateTimeOffset ExpiresAt, Delivery? Delivery) : Holding;

    /// <param name="Code">Why: the broker's reason code, or one of <see cref="Absence"/>.</param>
    /// <param name="Detail">For people.</param>
    /// <param name="Waiting">Nothing was ever held, and nobody said no: to ask again soon may help.</param>
    internal sealed record Nothing(string Code, string Detail, bool Waiting = false) : Holding;
}

/// <summary>Why nothing is held, where it is not the broker's own reason code.</summary>
internal static class Absence
{
    public const string Starting = "starting";
    public const string BrokerUnreachable = "broker_unreachable";
    public const string IdentityUnavailable = "identity_unavailable";
    public const string Expired = "lease_expired";
    public const string Stopped = "stopped";
}
