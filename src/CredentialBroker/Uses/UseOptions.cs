namespace CredentialBroker.Uses;

/// <summary>Section <c>Uses</c>: what follows from what targets' logs tell.</summary>
internal sealed record UseOptions
{
    public const string Tell = "tell";
    public const string Revoke = "revoke";

    /// <summary>
    /// What a use from another address than the lease's first one leads to: <c>tell</c> records it, <c>revoke</c> also ends the
    /// lease. Workloads behind several addresses, such as a pool of gateways, make <c>revoke</c> end what is in order.
    /// </summary>
    public string Elsewhere { get; init; } = Tell;

    public IEnumerable<string> Validate()
    {
        if (Elsewhere is not (Tell or Revoke)) yield return $"Uses:Elsewhere: '{Elsewhere}' is neither {Tell} nor {Revoke}";
    }
}
