using CredentialBroker.Audit;
using CredentialBroker.Backends;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Templates;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Templates;

/// <summary>
/// Texts that somebody proposed and nobody activated yet. They are named by the hash of their text, so that what is
/// activated is what was looked at.
/// </summary>
internal sealed class TemplateCandidates(Store store, Journal journal, AuditChain chain, TemplateCompiler compiler, TimeProvider clock)
{
    private const string Columns = "name, revision, source, author, proposed_at";

    /// <summary>Proposing the same text again changes nothing: its first author stays its author.</summary>
    /// <param name="beside">What commits with it.</param>
    public async Task<TemplateView> ProposeAsync(CompiledTemplate template, string author, IEnumerable<Work> beside)
    {
        var proposal = new TemplateProposal(template.Name, template.Revision, template.Source, author, clock.NowMs());
        if (await FindAsync(template.Name, template.Revision, CancellationToken.None) is { } known) return View(known, template);
        var told = AuditEvent.Of(clock, "template.proposed", Streams.Control) with
        {
            Template = template.Name, Environment = template.Environment, Owners = template.Owners, Actor = author, Detail = template.Revision,
        };
        await journal.CommitAsync(Lane.Control, [new PlainWrite(
            $"INSERT INTO template_candidates ({Columns}) VALUES (@name, @revision, @source, @author, @now) ON CONFLICT (name, revision) DO NOTHING",
            ("name", proposal.Name), ("revision", proposal.Revision), ("source", proposal.Source), ("author", author), ("now", proposal.ProposedAt)), .. beside, told.On(chain)]);
        return View(proposal, template);
    }

    public async Task<TemplateProposal?> FindAsync(string name, string revision, CancellationToken cancel) =>
        (await store.ListAsync(Pool.Control, new Statement($"SELECT {Columns} FROM template_candidates WHERE name = @name AND revision = @revision")
        {
            Values = [("name", name), ("revision", revision)],
        }, Read, cancel)).SingleOrDefault();

    public async Task<IReadOnlyList<TemplateView>> ListAsync(CancellationToken cancel) =>
        [.. (await store.ListAsync(Pool.Control, new Statement($"SELECT {Columns} FROM template_candidates ORDER BY proposed_at DESC, name"), Read, cancel))
            .Select(p => View(p, compiler.Compile(p.Source, new Mistakes(p.Name))))];

    /// <summary>The candidate is still there; commits with its activation, which takes it away.</summary>
    public static Work[] Take(TemplateProposal candidate) =>
    [
        new RowGuard($"template:{candidate.Name}",
            new Statement("SELECT 1 FROM template_candidates WHERE name = @name AND revision = @revision") { Values = [("name", candidate.Name), ("revision", candidate.Revision)] },
            new Refusal(ReasonCodes.NotFound, "the candidate was activated meanwhile")),
        new PlainWrite("DELETE FROM template_candidates WHERE name = @name AND revision = @revision", ("name", candidate.Name), ("revision", candidate.Revision)),
    ];

    private static TemplateProposal Read(System.Data.Common.DbDataReader row) =>
        new(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt64(4));

    private static TemplateView View(TemplateProposal proposal, CompiledTemplate? template) => new(
        proposal.Name, proposal.Revision, template?.Environment ?? "", template?.Backend.Name ?? "", template?.Grant.Target ?? "",
        template?.Owners ?? new Owners("", "", ""), proposal.Source, TemplateView.Candidate, proposal.Author, DateTimeOffset.FromUnixTimeMilliseconds(proposal.ProposedAt));
}
