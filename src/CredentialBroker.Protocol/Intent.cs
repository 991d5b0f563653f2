namespace CredentialBroker.Protocol;

/// <summary>What a workload means to do: named scopes of the template and values for their typed parameters.</summary>
/// <param name="Scopes">Names of the template's scopes; empty or absent asks for all that the template grants.</param>
/// <param name="Parameters">Values for parameters that the chosen scopes declare.</param>
/// <param name="Purpose">One line for the audit record, such as a ticket; never interpreted.</param>
public sealed record Intent(
    IReadOnlyList<string>? Scopes = null,
    IReadOnlyDictionary<string, string>? Parameters = null,
    string? Purpose = null);

/// <summary>One effective privilege: what a credential may do, where. Recorded with every decision.</summary>
/// <param name="Backend">Kind of credential.</param>
/// <param name="Target">Where it is honoured.</param>
/// <param name="Resource">The thing acted on, such as a group role or an audience.</param>
/// <param name="Actions">What may be done with it.</param>
public sealed record Privilege(string Backend, string Target, string Resource, IReadOnlyList<string> Actions);

/// <summary>The three accountable parties of a template, trust source or exception (R39).</summary>
/// <param name="Runtime">Who runs the workloads.</param>
/// <param name="Policy">Who decides what they may do.</param>
/// <param name="Operator">Who runs the broker and the target.</param>
public sealed record Owners(string Runtime, string Policy, string Operator);
