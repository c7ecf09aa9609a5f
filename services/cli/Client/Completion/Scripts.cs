namespace HvPlatform.Cli.Client.Completion;

/// <summary>The scripts that <c>hv completion</c> prints. Each asks the program itself, so that they never grow old.</summary>
internal static class Scripts
{
    public const string Bash = """
        # Completion of hv for bash. To have it now: source <(hv completion bash); for good, put that line into ~/.bashrc.
        _hv() {
            local word words=() found=()
            for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
                word=${word//\\/}; word=${word#[\"\']}
                words+=("${word%[\"\']}")
            done
            mapfile -t found < <("${COMP_WORDS[0]}" __complete "${words[@]}" 2>/dev/null)
            COMPREPLY=()
            for word in "${found[@]}"; do
                [[ ${COMP_WORDS[COMP_CWORD]} == [\"\']* ]] || printf -v word %q "$word"
                COMPREPLY+=("$word")
            done
            [ "${#COMPREPLY[@]}" -gt 0 ] || compopt -o default 2>/dev/null
        }
        complete -F _hv hv ./hv

        """;

    public const string Zsh = """
        #compdef hv
        # Completion of hv for zsh. To have it now: source <(hv completion zsh); for good, put that line into ~/.zshrc after compinit.
        _hv() {
            local -a found
            found=("${(@f)$(${words[1]} __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
            [ -n "${found[1]}" ] && compadd -a found || _files
        }
        compdef _hv hv ./hv

        """;

    public const string Fish = """
        # Completion of hv for fish. To have it now: hv completion fish | source; for good, write it to ~/.config/fish/completions/hv.fish.
        function __hv_complete
            set -l words (commandline -opc) (commandline -ct | string unescape)
            $words[1] __complete $words[2..-1] 2>/dev/null
        end
        complete -c hv -f -a '(__hv_complete)'

        """;
}
