namespace CredentialBroker.Protocol.Templates;

/// <summary>A template's revision: the active one, or a candidate that waits for a second person.</summary>
/// <param name="Name">Name.</param>
/// <param name="Revision">Hash of its text.</param>
/// <param name="Environment">Environment.</param>
/// <param name="Backend">Kind of credential.</param>
/// <param name="Target">Where it is honoured.</param>
/// <param name="Owners">Who answers for it.</param>
/// <param name="Source">Its text.</param>
/// <param name="State"><c>active</c> or <c>candidate</c>.</param>
/// <param name="Author">Who proposed it.</param>
/// <param name="ProposedAt">When it was proposed; a candidate's.</param>
/// <param name="ActivatedBy">Who activated it.</param>
/// <param name="ActivatedAt">When.</param>
public sealed record TemplateView(
    string Name, string Revision, string Environment, string Backend, string Target, Owners Owners, string Source, string State = TemplateView.Active,
    string? Author = null, DateTimeOffset? ProposedAt = null, string? ActivatedBy = null, DateTimeOffset? ActivatedAt = null)
{
    /// <summary>State of the revision that grants.</summary>
    public const string Active = "active";

    /// <summary>Header of <c>PUT /v1/templates</c> with what the text's author signed: a compact JWS.</summary>
    public const string SignatureHeader = "Credbroker-Signature";

    /// <summary>State of a revision that waits for a second person.</summary>
    public const string Candidate = "candidate";
}

/// <summary>Activated templates by name, or candidates with the newest first.</summary>
public sealed record TemplateList(IReadOnlyList<TemplateView> Templates);

/// <summary>Result of validating a template: no mistakes means it can be activated.</summary>
/// <param name="Mistakes">Every mistake, as <c>file:line: path: message</c>.</param>
/// <param name="Name">Its name, when it compiles.</param>
/// <param name="Revision">Hash of its text, when it compiles.</param>
public sealed record TemplateVerdict(IReadOnlyList<string> Mistakes, string? Name = null, string? Revision = null);

/// <summary>Body of <c>POST /v1/explain</c>: a claim that is judged without being made.</summary>
/// <param name="Template">Template asked for.</param>
/// <param name="Evidence">A workload's token; alternatively describe the workload.</param>
/// <param name="Workload">Workload URI, when no evidence is at hand.</param>
/// <param name="Instance">Its instance.</param>
/// <param name="Ttl">Wanted life.</param>
/// <param name="Intent">Wanted scopes.</param>
/// <param name="Nonce">Nonce of the approval.</param>
public sealed record ExplainRequest(
    string Template, string? Evidence = null, string? Workload = null, string? Instance = null, string? Ttl = null, Intent? Intent = null, string? Nonce = null);

/// <summary>One clause of policy applied to the claim.</summary>
/// <param name="Name">Clause.</param>
/// <param name="Holds">Whether it holds; null when it could not be judged because an earlier one failed.</param>
/// <param name="Code">Reason code when it does not hold.</param>
/// <param name="Detail">Why not.</param>
public sealed record ClauseView(string Name, bool? Holds = null, string? Code = null, string? Detail = null);

/// <summary>What policy would decide, clause by clause, with the first failing one named.</summary>
/// <param name="Granted">Whether the claim would be granted.</param>
/// <param name="Clauses">All clauses in order.</param>
/// <param name="FailingClause">The first clause that fails.</param>
/// <param name="Code">Its reason code.</param>
/// <param name="Privileges">Effective privileges, when granted.</param>
/// <param name="EndsAt">When the lease would be over.</param>
/// <param name="EndsBecause">Why then.</param>
public sealed record Explanation(
    bool Granted,
    IReadOnlyList<ClauseView> Clauses,
    string? FailingClause = null,
    string? Code = null,
    IReadOnlyList<Privilege>? Privileges = null,
    DateTimeOffset? EndsAt = null,
    string? EndsBecause = null);
