# The field at a glance: a page of tables and plots, and a picture of each mask. Without `report: true` it is made when it is
# asked for: skerry run FIELD.yaml report
rule report:
    input:
        list(FILES.report_inputs()),
    output:
        page=report(
            FILES.report_page,
            caption="report/page.rst",
            category="Masks",
            labels={"what": "tables, plots and warnings"},
        ),
        pictures=report(
            directory(FILES.report_pictures),
            patterns=["round{round}.{target}.png"],
            caption="report/picture.rst",
            category="Pictures",
            subcategory="Round {round}",
            labels={"round": "{round}", "of": "{target}"},
        ),
    log:
        f"{FILES.directory}/report/report.log",
    benchmark:
        f"{FILES.directory}/report/report.tsv"
    conda:
        "envs/skerry.yaml"
    threads: 1
    resources:
        mem_mb=memory("report"),
        runtime=minutes("report"),
    params:
        files=files_of_field(),
        version=skerry.__version__,
    shell:
        "skerry report {params.files} --pictures {output.pictures:q} --overwrite"
        f" {LIMITS}"
        " -o {output.page:q} > {log:q} 2>&1"
