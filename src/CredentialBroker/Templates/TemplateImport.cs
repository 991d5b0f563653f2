using CredentialBroker.Backends;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Templates;

/// <summary>
/// Brings the templates of a folder whose content is new to the store: activated where no second person is needed or the
/// configuration says that it is the second person, else as candidates. A revision that was activated before is left
/// alone, so that a restart never undoes what was activated through the API since.
/// </summary>
internal sealed class TemplateImport(Store store, TemplateStore templates, TemplateCandidates candidates, TemplateCompiler compiler, ActivationRules rules, TemplateSignatures signatures)
{
    public async Task RunAsync(string? folder, Work alongside, CancellationToken cancel)
    {
        if (folder is null) return;
        var known = (await store.ListAsync(Pool.Control, new Statement("SELECT revision FROM template_revisions"), row => row.GetString(0), cancel)).ToHashSet(StringComparer.Ordinal);
        foreach (var file in Files(folder))
        {
            var mistakes = new Mistakes(Path.GetFileName(file));
            var template = compiler.Compile(await File.ReadAllTextAsync(file, cancel), mistakes)
                ?? throw new InvalidOperationException($"a template has mistakes:\n{string.Join('\n', mistakes.All)}");
            if (!known.Add(template.Revision)) continue;
            var signature = File.Exists(file + ".jws") ? (await File.ReadAllTextAsync(file + ".jws", cancel)).Trim() : null;
            if (!await signatures.AllowsAsync(template.Name, template.Revision, signature))
            {
                throw new InvalidOperationException($"{Path.GetFileName(file)} is not signed by one of the authors in Templates:SignersFile; credbroker template sign writes {Path.GetFileName(file)}.jws");
            }

            var kept = TemplateSignatures.Keep(template.Revision, signature);
            var author = $"import {Path.GetFileName(file)}";
            if (rules.SecondPerson && !rules.ImportActivates) await candidates.ProposeAsync(template, author, kept);
            else await templates.ActivateAsync(template, author, author, [alongside, .. kept]);
        }
    }

    public IEnumerable<string> Check(string? folder)
    {
        foreach (var file in folder is null ? [] : Files(folder))
        {
            var mistakes = new Mistakes(Path.GetFileName(file));
            compiler.Compile(File.ReadAllText(file), mistakes);
            foreach (var mistake in mistakes.All) yield return mistake.ToString();
        }
    }

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal);
}
