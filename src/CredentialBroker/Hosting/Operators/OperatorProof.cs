namespace CredentialBroker.Hosting;

/// <summary>Whether a request shows an operator.</summary>
internal abstract record OperatorProof
{
    private OperatorProof() { }

    /// <summary>Nothing that is meant to prove an operator came with the request.</summary>
    internal sealed record None : OperatorProof;

    internal sealed record Proven(Operator Operator) : OperatorProof;

    /// <param name="Source">Configured name of what was to prove it; never a word of the request.</param>
    /// <param name="Code">Stable reason code.</param>
    internal sealed record Refused(string Source, string Code, string Detail) : OperatorProof;
}
