using System.Collections.Concurrent;
using CredentialBroker.Audit;
using CredentialBroker.Backends;
using CredentialBroker.Protocol.Templates;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Templates;

/// <summary>
/// Activated templates. The store is the only truth; each revision is compiled once. Activation is given the work that
/// must commit with it, so that no grant decided on the old text is committed after the new one.
/// </summary>
internal sealed class TemplateStore(Store store, Journal journal, AuditChain chain, TemplateCompiler compiler, TemplateSignatures signatures, TemplateLog log, TimeProvider clock)
{
    private readonly ConcurrentDictionary<(string Name, string Revision), CompiledTemplate?> _compiled = new();

    /// <summary>
    /// Compiles all that is activated. A text that does not compile any more, or is not the text of its revision, denies by
    /// being unknown.
    /// </summary>
    public async Task<TemplateCatalog> ReadAsync(CancellationToken cancel)
    {
        var rows = await store.ListAsync(Pool.Control, new Statement(
            "SELECT t.name, t.revision, t.source, t.activated_by, s.signature FROM templates t LEFT JOIN template_signatures s ON s.revision = t.revision ORDER BY t.name"),
            row => (Name: row.GetString(0), Revision: row.GetString(1), Source: row.GetString(2), By: row.GetString(3), Signature: row.IsDBNull(4) ? null : row.GetString(4)), cancel);
        var loaded = new List<CompiledTemplate>();
        foreach (var row in rows.Where(r => IsWhole(r.Name, r.Revision, r.Source)))
        {
            if (_compiled.GetOrAdd((row.Name, row.Revision), _ => Compile(row.Name, row.Source)) is not { } template || template.Name != row.Name) continue;
            var signer = signatures.Required && row.Signature is { } signature ? await signatures.Of(row.Name, row.Revision, signature) : null;
            if (signatures.Required && signer is null) log.Unsigned(row.Name, row.Revision);
            else loaded.Add(template with { ActivatedBy = row.By, Signer = signer });
        }

        return new TemplateCatalog(loaded);
    }

    public Task<List<TemplateView>> ListAsync(CancellationToken cancel) => store.ListAsync(Pool.Control,
        new Statement("SELECT name, source, activated_by, activated_at, author FROM templates ORDER BY name"),
        row => View(Compile(row.GetString(0), row.GetString(1)), row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.IsDBNull(4) ? null : row.GetString(4)), cancel);

    /// <summary>Makes the text the template's truth on every replica.</summary>
    /// <param name="by">Who activates it.</param>
    /// <param name="author">Who wrote it; the same where no second person is needed.</param>
    /// <param name="alongside">The epoch's bump, which this room may not name, and the candidate's guard.</param>
    public async Task<(TemplateView? View, Refusal? Refusal)> ActivateAsync(CompiledTemplate template, string by, string author, params Work[] alongside)
    {
        var now = clock.NowMs();
        var told = AuditEvent.Of(clock, "template.changed", Streams.Control) with
        {
            Template = template.Name, Environment = template.Environment, Owners = template.Owners, Actor = by, Subject = author, Detail = template.Revision,
        };
        var refusal = await journal.CommitAsync(Lane.Control,
        [
            .. alongside,
            new PlainWrite(
                """
                INSERT INTO templates (name, revision, source, activated_by, activated_at, author) VALUES (@name, @revision, @source, @actor, @now, @author)
                ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, source = excluded.source, activated_by = excluded.activated_by,
                    activated_at = excluded.activated_at, author = excluded.author
                """,
                ("name", template.Name), ("revision", template.Revision), ("source", template.Source), ("actor", by), ("now", now), ("author", author)),
            new PlainWrite(
                """
                INSERT INTO template_revisions (revision, name, activated_at, tier, owner) VALUES (@revision, @name, @now, @tier, @owner)
                ON CONFLICT (revision) DO UPDATE SET tier = excluded.tier, owner = excluded.owner
                """,
                ("revision", template.Revision), ("name", template.Name), ("now", now), ("tier", template.Tier), ("owner", template.Owners.Runtime)),
            told.On(chain),
        ]);
        return refusal is null ? (View(template, template.Name, template.Source, by, now, author), null) : (null, refusal);
    }

    /// <summary>Notes of activated revisions what leases are selected by; in a store of an earlier release they lack it.</summary>
    public async Task DescribeAsync(CancellationToken cancel)
    {
        var lacking = (await store.ListAsync(Pool.Control, new Statement("SELECT t.revision FROM templates t JOIN template_revisions v ON v.revision = t.revision WHERE v.tier IS NULL"),
            row => row.GetString(0), cancel)).ToHashSet(StringComparer.Ordinal);
        if (lacking.Count == 0) return;
        foreach (var template in (await ReadAsync(cancel)).All.Where(template => lacking.Contains(template.Revision)))
        {
            await journal.CommitAsync(Lane.Control, new PlainWrite(
                "UPDATE template_revisions SET tier = @tier, owner = @owner WHERE revision = @revision",
                ("tier", template.Tier), ("owner", template.Owners.Runtime), ("revision", template.Revision)));
        }
    }

    /// <summary>What lies in the store is what its revision names (R40); what was changed behind the broker's back is not loaded.</summary>
    private bool IsWhole(string name, string revision, string source)
    {
        if (TemplateCompiler.RevisionOf(source) == revision) return true;
        log.Tampered(name, revision);
        return false;
    }

    private CompiledTemplate? Compile(string name, string source)
    {
        var mistakes = new Mistakes(name);
        var template = compiler.Compile(source, mistakes);
        if (template is null) log.DoesNotCompile(name, string.Join("; ", mistakes.All));
        return template;
    }

    private static TemplateView View(CompiledTemplate? template, string name, string source, string by, long at, string? author) => new(
        name, template?.Revision ?? "", template?.Environment ?? "", template?.Backend.Name ?? "", template?.Grant.Target ?? "",
        template?.Owners ?? new Protocol.Owners("", "", ""), source, TemplateView.Active, author, null, by, DateTimeOffset.FromUnixTimeMilliseconds(at));
}

internal sealed partial class TemplateLog(ILogger<TemplateLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Error, Message = "The activated template {Template} does not compile under today's configuration, so that it grants nothing: {Mistakes}")]
    public partial void DoesNotCompile(string template, string mistakes);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Revision {Revision} of template {Template} is not signed by any of the authors in Templates:SignersFile, so that it grants nothing")]
    public partial void Unsigned(string template, string revision);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The stored text of template {Template} is not the text of its revision {Revision}: somebody changed the store, so that it grants nothing")]
    public partial void Tampered(string template, string revision);
}
