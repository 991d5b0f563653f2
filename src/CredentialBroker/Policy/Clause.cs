namespace CredentialBroker.Policy;

/// <summary>One rule that every grant satisfies.</summary>
/// <param name="Name">Stable; decisions and <c>explain</c> name it.</param>
/// <param name="Demands">What it demands, in one sentence for operators.</param>
/// <param name="Needs">Facts without which it cannot be judged; an earlier clause refuses when they are missing.</param>
/// <param name="Test">Null when it holds.</param>
internal sealed record Clause(string Name, string Demands, Needs Needs, Func<Judgement, Failure?> Test);

/// <param name="Detail">Why, for operators; workloads get the code only.</param>
internal sealed record Failure(string Code, string Detail);

[Flags]
internal enum Needs
{
    Nothing = 0,
    Template = 1,
    Approval = 2,
    Both = Template | Approval,
}

/// <summary>One clause applied to one claim.</summary>
/// <param name="Holds">Null when it could not be judged because an earlier one failed.</param>
internal sealed record ClauseResult(string Name, bool? Holds, string? Code, string? Detail);
